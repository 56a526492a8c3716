"""The command ``diaban``: one word for each job, one exit code for each kind of ending."""

import errno
import re
import sys
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from api.console import say_error
from api.settings import language_of_terminal
from api.usage_errors import USAGE_ERROR, as_input_error, is_only_a_group
from spatial.errors import (
    DiabanError,
    InfeasibleError,
    InputError,
    NotFoundError,
    VerificationError,
)
from spatial.text import Text

EXIT_CODES: tuple[tuple[type[DiabanError], int], ...] = (
    (InputError, 2),
    (NotFoundError, 2),
    (InfeasibleError, 3),
    (VerificationError, 4),
)
"""First match wins; anything else that goes wrong exits with 1."""

_MISUSED = 2


class Subcommand(NamedTuple):
    """Where a subcommand lives, and what it is for; ``name`` is a function or a `typer.Typer`."""

    module: str
    name: str
    help: Text


class LazyGroup(TyperGroup):
    """A group that imports a subcommand when it is asked for: ``--help`` need not load an optimiser."""

    subcommands: ClassVar[dict[str, Subcommand]] = {
        "demo": Subcommand(
            "demo",
            "demo",
            Text(
                "Dựng một thành phố mẫu, chạy mọi việc trên đó và mở trang để xem.",
                "Make a demonstration city, run everything on it and serve it.",
            ),
        ),
        "allocate": Subcommand(
            "allocate",
            "allocate",
            Text("Xếp học sinh của một đợt vào trường.", "Place the applicants of a round in schools."),
        ),
        "verify": Subcommand(
            "allocate",
            "verify",
            Text("Kiểm chứng một đợt chỉ từ các tệp của nó.", "Check the proof of a round from its files alone."),
        ),
        "explain": Subcommand(
            "allocate",
            "explain",
            Text(
                "Nói một em được xếp trường nào, và vì sao không gần hơn.",
                "Say where an applicant was placed, and why not nearer.",
            ),
        ),
        "compare": Subcommand(
            "compare",
            "compare",
            Text(
                "Đặt các quy tắc cạnh nhau trên cùng một bài toán.",
                "Set policies side by side on one problem.",
            ),
        ),
        "publish": Subcommand(
            "publish",
            "publish",
            Text(
                "Cho gia đình tra cứu kết quả của một đợt đã kiểm chứng.",
                "Let families look up the results of a verified round.",
            ),
        ),
        "simulate-round": Subcommand(
            "simulate",
            "simulate_round",
            Text(
                "Tạo các tệp của một đợt từ dữ liệu thật của một quận.",
                "Make the files of a round from a real district.",
            ),
        ),
        "basemap": Subcommand(
            "basemap",
            "app",
            Text(
                "Các lớp dùng chung: nhập, liệt kê, xem, công bố, rút lại, xuất.",
                "The shared layers: import, list, show, publish, roll back, export.",
            ),
        ),
        "geocode": Subcommand(
            "geocode",
            "geocode",
            Text("Tìm địa chỉ trên bản đồ, một hoặc cả tệp.", "Find addresses on the map, one or a whole file."),
        ),
        "permits": Subcommand(
            "permits", "app", Text("Thửa đất, và được xây gì trên đó.", "Parcels, and what may be built on them.")
        ),
        "serve": Subcommand(
            "serve", "serve", Text("Mở trang, bản đồ và giao diện JSON.", "Serve pages, maps and the JSON interface.")
        ),
        "db": Subcommand(
            "db", "app", Text("Kho dữ liệu: dựng mới hoặc nâng cấp.", "The store: build it, or bring it up to date.")
        ),
        "user": Subcommand(
            "user", "app", Text("Tài khoản của cán bộ và người làm quy hoạch.", "Accounts of officers and planners.")
        ),
    }

    # typer keeps the types of these arguments in a private module.
    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as said above
        """Return the names in the order in which a newcomer needs them."""
        return list(self.subcommands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as said above
        """Import and return a subcommand, or None when there is no such word."""
        wanted = self.subcommands.get(cmd_name)
        if wanted is None:
            return None
        found = getattr(import_module(f"api.commands.{wanted.module}"), wanted.name)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(found)
        return get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - as said above
        """Write the list of subcommands without importing any."""
        language = language_of_terminal()
        with formatter.section(Text("Các lệnh", "Commands").in_language(language)):
            formatter.write_dl(
                [(name, subcommand.help.in_language(language)) for name, subcommand in self.subcommands.items()]
            )


app = typer.Typer(
    name="diaban",
    cls=LazyGroup,
    help="Địa Bàn: one shared map of a city, school places and building permits on it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def diaban() -> None:
    """Địa Bàn: one shared map of a city, school places and building permits on it."""


def exit_code_of(error: DiabanError) -> int:
    """Return the exit code that the command ends with after ``error``."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


_FAULTS_OF_THE_SYSTEM = {
    errno.ENOSPC: Text("Ổ đĩa đã đầy.", "The disk is full."),
    errno.EDQUOT: Text("Đã hết hạn mức ổ đĩa.", "The quota of the disk is used up."),
    errno.EROFS: Text("Nơi này chỉ đọc, không ghi được.", "This place can only be read, not written."),
    errno.EACCES: Text("Không có quyền đọc hoặc ghi ở đây.", "Reading or writing is not permitted here."),
    errno.EPERM: Text("Không có quyền đọc hoặc ghi ở đây.", "Reading or writing is not permitted here."),
}


_TEMPORARY_NAME = re.compile(r"/\.[^/]+-[a-z0-9_]{8}(\.[^/]*)?(/.*)?$")
"""What our writing adds to the folder that a person knows."""


def fault_of_system(error: OSError) -> DiabanError:
    """Return what the disk or the network refused, as a sentence; nothing half written is left behind."""
    said = error.strerror or str(error)
    return DiabanError(
        _FAULTS_OF_THE_SYSTEM.get(error.errno or 0, Text(f"Hệ thống báo lỗi: {said}.", f"The system says: {said}.")),
        hint=Text("Giải phóng chỗ, hoặc chọn nơi khác.", "Make room, or choose another place.")
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else Text("Kiểm tra quyền, hoặc chọn nơi khác.", "Check the permissions, or choose another place."),
        subject=_TEMPORARY_NAME.sub("", str(error.filename or "")),
    )


def main() -> None:
    """Run the command line; a foreseen error is one line on stderr, never a traceback."""
    try:
        ended = app(standalone_mode=False, prog_name="diaban")
    except DiabanError as error:
        _end(error)
    except USAGE_ERROR as error:
        if is_only_a_group(error):
            error.show()
            sys.exit(_MISUSED)
        _end(as_input_error(error))
    except typer.Abort:
        _end(DiabanError(Text("Đã dừng.", "Stopped.")))
    except OSError as error:
        _end(fault_of_system(error))
    else:
        # What was asked by a code, such as 130 for Ctrl+C.
        sys.exit(ended if isinstance(ended, int) else 0)


def _end(error: DiabanError) -> NoReturn:
    say_error(error)
    sys.exit(exit_code_of(error))


if __name__ == "__main__":
    main()
