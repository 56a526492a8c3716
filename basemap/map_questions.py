"""A map that can be asked: a click, a tap or a button tells what stands at a point of a layer."""

from folium import MacroElement
from folium.template import Template

from basemap.preview import LocalMap
from spatial.text import Text

_WORDS = {
    "button": Text("Cho biết đối tượng ở giữa bản đồ", "Tell what is in the middle of the map"),
    "asking": Text("Đang tìm…", "Looking…"),
    "nothing": Text("Ở đây không có đối tượng nào của lớp.", "The layer has nothing here."),
    "more": Text("Còn nữa: phóng to để xem từng đối tượng.", "There are more: zoom in to tell them apart."),
    "failed": Text("Chưa trả lời được; xin thử lại.", "There is no answer now; please try again."),
    "close": Text("Đóng", "Close"),
}


class MapQuestions(MacroElement):
    """Answers for whoever points at a layer; the map needs `basemap.preview.QUESTIONS_JS`.

    Parameters
    ----------
    url
        Address on our own host that takes ``lon``, ``lat``, ``zoom`` and ``lang`` and tells of the features there.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        askMap({{ this._parent.get_name() }}, {{ this.given|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, url: str, *, language: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca says nothing of it
        self._name = "MapQuestions"
        self.given = {"url": url, "language": language} | {
            name: text.in_language(language) for name, text in _WORDS.items()
        }

    def add_to_map(self, target: LocalMap) -> None:
        """Let the map answer."""
        self.add_to(target)
