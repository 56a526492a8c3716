import json
import logging
import sys

from api.logs import JsonFormatter, masked

LONG_NUMBER = "9" * 12


def record(message: str, *arguments: object, fails: bool = False) -> logging.LogRecord:
    trace = None
    if fails:
        try:
            int(f"x{LONG_NUMBER}")
        except ValueError:
            trace = sys.exc_info()
    return logging.LogRecord("diaban.test", logging.WARNING, __file__, 1, message, arguments, trace)


def test_old_and_new_personal_ids_are_hidden_and_short_numbers_stay() -> None:
    assert masked(f"id {LONG_NUMBER}, old {'1' * 9}, port 8000, 12.5 ms") == "id •••, old •••, port 8000, 12.5 ms"


def test_a_record_is_one_line_of_json_whatever_is_in_it() -> None:
    line = JsonFormatter().format(record('a "quoted"\nline %s', LONG_NUMBER))
    assert "\n" not in line
    assert json.loads(line)["message"] == 'a "quoted"\nline •••'
    assert json.loads(line)["level"] == "warning"


def test_a_traceback_is_kept_and_masked() -> None:
    line = json.loads(JsonFormatter().format(record("failed", fails=True)))
    assert "ValueError" in line["traceback"]
    assert LONG_NUMBER not in line["traceback"]
