"""TCVN3 and VNI, against words written down by hand, the C library's table, and text that is neither."""

import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from legacy_words import WORDS

from basemap.encodings import TABLES, Encoding, decode, recognise
from basemap.intake import read_layer_file
from basemap.model import LayerName

LETTERS = "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ"
CAPITALS = [
    ("NGUYỄN HUỆ", "NGUYÔN HUÖ", "NGUYEÃN HUEÄ"),
    ("ĐƯỜNG SỐ 7", "§¦êNG Sè 7", "ÑÖÔØNG SOÁ 7"),
    ("TRƯỜNG TIỂU HỌC", "TR¦êNG TIÓU HäC", "TRÖÔØNG TIEÅU HOÏC"),
]


@pytest.mark.parametrize(("unicode", "tcvn3", "vni"), [*WORDS[:8], *WORDS[9:], *CAPITALS])
def test_known_words_are_read_in_both_encodings(unicode: str, tcvn3: str, vni: str) -> None:
    assert decode(tcvn3, Encoding.TCVN3) == unicode
    assert decode(vni, Encoding.VNI) == unicode


def test_a_first_letter_with_a_tone_is_small_in_tcvn3_because_it_has_no_capital() -> None:
    unicode, tcvn3, vni = WORDS[8]
    assert decode(tcvn3, Encoding.TCVN3) == "ấp Mỹ Khánh"
    assert decode(vni, Encoding.VNI) == unicode


@pytest.mark.parametrize("encoding", list(Encoding))
def test_every_small_letter_has_a_code_and_no_two_share_one(encoding: Encoding) -> None:
    table = {code: letter for code, letter in TABLES[encoding].items() if letter.islower()}
    assert set(LETTERS) - set(table.values()) <= {"ý"}
    assert len(table) == len(set(table.values()))
    assert decode("ý", Encoding.TCVN3) == "ý"


def test_every_capital_of_vni_has_its_codes_with_a_small_or_large_mark() -> None:
    capitals = set(TABLES[Encoding.VNI].values())
    assert set(LETTERS.upper()) <= capitals
    assert decode("Aù AÙ aÙ", Encoding.VNI)[:3] == "Á Á"


@pytest.mark.skipif(
    shutil.which("iconv") is None, reason="no iconv to compare with; enable with: apt-get install libc-bin"
)
def test_the_table_of_tcvn_is_that_of_the_c_library() -> None:
    letters = {}
    for byte in range(0x80, 0x100):
        # A plain letter in front, because a combining mark alone is composed with what stands before it.
        said = subprocess.run(
            ["iconv", "-f", "TCVN", "-t", "UTF-8"], input=bytes([0x78, byte]), capture_output=True, check=True
        )
        letter = unicodedata.normalize("NFC", said.stdout.decode()[1:])
        if letter.isalpha() and letter != chr(byte):
            letters[chr(byte)] = letter
    assert letters == dict(TABLES[Encoding.TCVN3])


def test_each_encoding_is_recognised_by_the_words_it_makes() -> None:
    for encoding, column in ((Encoding.TCVN3, 1), (Encoding.VNI, 2)):
        found = recognise(words[column] for words in WORDS)
        assert found is not None
        assert found.encoding is encoding


@pytest.mark.parametrize(
    "texts",
    [
        [words[0] for words in WORDS],
        ["Hà Nam", "Phú Thọ", "à", "Thành Công"],
        ["Hà Nam", "Thanh Hà", "Phú Yên", "Trà Vinh"],
        ["Café crème brûlée", "Châtenay-Malabry", "Hôtel de Ville", "Voie privée"],
        ["120 m²", "45°", "§ 7"],
        ["Nguyen Hue", "Le Loi"],
        [],
    ],
)
def test_unicode_french_and_signs_are_left_alone(texts: list[str]) -> None:
    assert recognise(texts) is None


@pytest.mark.parametrize("column", [1, 2])
def test_a_shapefile_in_an_old_encoding_comes_out_in_unicode_and_says_so(
    tmp_path: Path, column: int, save: Callable[..., Path]
) -> None:
    names = [words[column].replace("–", "-") for words in WORDS]
    places = [shapely.box(603_701 + 20 * i, 1_191_178, 603_711 + 20 * i, 1_191_188) for i in range(len(names))]
    frame = gpd.GeoDataFrame({"zone_code": ["A"] * len(names), "land_use": names}, geometry=places, crs=9210)
    path = save(frame, "quy-hoach.shp", driver="ESRI Shapefile", encoding="ISO-8859-1")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    intake = read_layer_file(path, LayerName.ZONE)
    assert intake.frame["land_use"].tolist()[:8] == [words[0] for words in WORDS[:8]]
    issue = next(issue for issue in intake.issues if issue.code == "legacy_encoding")
    assert ("TCVN3", "VNI")[column - 1] in issue.message.en
    assert "encoding_unknown" not in {other.code for other in intake.issues}
    assert list(tmp_path.iterdir())


def test_text_in_unicode_is_not_touched(save: Callable[..., Path], plots: gpd.GeoDataFrame) -> None:
    path = save(plots.assign(address=[words[0] for words in WORDS[:3]]), "a.gpkg")
    intake = read_layer_file(path, LayerName.PARCEL)
    assert intake.frame["address"].tolist() == [words[0] for words in WORDS[:3]]
    assert "legacy_encoding" not in {issue.code for issue in intake.issues}
