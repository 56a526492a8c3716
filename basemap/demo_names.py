"""Names for the demonstration city: of the kind that any Vietnamese town has, and of no particular place."""

from collections.abc import Sequence

WARD_NAMES = (
    "Bình Minh", "Hoa Sen", "Ban Mai", "Bến Dừa", "Gò Mận", "Cầu Trúc", "Hương Lúa", "Phượng Vĩ", "Bằng Lăng",
    "Rạch Sậy", "Đồng Xanh", "Vườn Cau", "Hàng Me", "Bờ Sông", "Cây Bàng", "Gò Sao", "Hoa Ban", "Thanh Trà",
    "Bông Súng", "Mây Hồng", "Nắng Mới", "Giếng Ngọc", "Chợ Quê", "Lũy Tre", "Cánh Đồng", "Sao Mai", "Trăng Non",
    "Đồi Thông", "Ao Sen", "Bãi Dâu", "Gò Xoài", "Rạch Lá", "Hàng Dương", "Cầu Mây", "Hồ Sen", "Vàm Cỏ Xanh",
    "Bến Đò", "Cây Gáo", "Xóm Củi Mới", "Gò Me", "Hoa Cúc", "Mai Vàng", "Bến Lức Mới", "Rạch Dừa Xanh", "Đất Lành",
    "An Vui", "Hòa Vui", "Phú Xanh", "Tân Sáng", "Long Sáng",
)  # fmt: skip

STREET_NAMES = (
    "Nguyễn Thị Định", "Trần Hưng Đạo", "Lê Lợi", "Hai Bà Trưng", "Nguyễn Huệ", "Lý Thường Kiệt", "Phan Bội Châu",
    "Võ Thị Sáu", "Nguyễn Trãi", "Quang Trung", "Lê Lai", "Bà Triệu", "Phan Chu Trinh", "Nguyễn Du", "Ngô Quyền",
    "Đinh Tiên Hoàng", "Lý Thái Tổ", "Trần Phú", "Hùng Vương", "Lê Duẩn", "Nguyễn Văn Cừ", "Hoàng Diệu",
    "Tôn Đức Thắng", "Trần Quang Khải", "Nguyễn Đình Chiểu", "Lê Hồng Phong", "Cao Thắng", "Bùi Thị Xuân",
    "Nguyễn Công Trứ", "Phạm Ngũ Lão", "Trương Định", "Hồ Xuân Hương", "Lương Thế Vinh", "Mạc Đĩnh Chi",
    "Nguyễn Bỉnh Khiêm", "Chu Văn An", "Yết Kiêu", "Dã Tượng", "Lê Quý Đôn", "Đoàn Thị Điểm", "Nguyễn Khuyến",
    "Tú Xương", "Huỳnh Thúc Kháng", "Trần Cao Vân", "Thủ Khoa Huân", "Phan Đình Phùng", "Nguyễn Thái Học",
    "Lê Văn Hưu", "Ngô Thì Nhậm", "Phan Huy Chú", "Trần Nhật Duật", "Lý Tự Trọng", "Nguyễn Thông", "Đặng Dung",
    "Trần Khánh Dư", "Nguyễn Cư Trinh", "Hàm Nghi", "Đồng Khởi", "Thống Nhất", "Giải Phóng", "Cách Mạng Tháng Tám",
    "Tô Hiến Thành", "Lê Đại Hành", "Nguyễn Xí", "Trần Quốc Toản", "Đào Duy Từ", "Bạch Đằng", "Chi Lăng",
    "Hàm Tử", "Vạn Kiếp", "Phó Đức Chính", "Ký Con", "Nguyễn Trung Trực", "Đề Thám", "Cô Bắc", "Cô Giang",
)  # fmt: skip

BANK_NAMES = ("Bến Hoa Giấy", "Bến Sông Mây")
BRIDGE_NAMES = ("Cầu Ban Mai", "Cầu Sông Mây")

SCHOOL_NAMES = (
    "Ánh Dương", "Hoa Hồng", "Sơn Ca", "Họa Mi", "Măng Non", "Hướng Dương", "Vàng Anh", "Bông Sen", "Tuổi Thơ",
    "Tuổi Ngọc", "Hoa Mai", "Hoa Lan", "Bé Ngoan", "Chim Non", "Mầm Xanh", "Sao Sáng", "Nắng Hồng", "Cầu Vồng",
    "Hải Âu", "Thỏ Ngọc", "Búp Măng", "Tương Lai", "Hoa Đào", "Rạng Đông", "Thiên Nga", "Bồ Câu", "Hoa Phượng",
    "Minh Tâm", "Hạnh Phúc", "Trúc Xanh", "Kim Đồng", "Lương Định Của", "Trần Đại Nghĩa", "Tạ Quang Bửu",
    "Nguyễn Hiền", "Lê Văn Tám", "Phan Văn Trị", "Bùi Hữu Nghĩa", "Nguyễn An Ninh", "Võ Trường Toản", "Trương Vĩnh Ký",
    "Nguyễn Lộ Trạch", "Lê Anh Xuân", "Huỳnh Mẫn Đạt", "Nguyễn Văn Tố", "Đặng Thai Mai", "Hoài Thanh", "Xuân Diệu",
    "Huy Cận", "Tế Hanh",
)  # fmt: skip

SCHOOL_KINDS = {
    "kindergarten": ("MN", "Trường Mầm non"),
    "primary": ("TH", "Trường Tiểu học"),
    "lower_secondary": ("THCS", "Trường THCS"),
}
"""Prefix of the code and of the name for each school type."""


def unique_names(names: Sequence[str], count: int) -> list[str]:
    """Return ``count`` different names: the given ones, then the same with a number."""
    rounds = -(-count // len(names))
    numbered = [name if turn == 1 else f"{name} {turn}" for turn in range(1, rounds + 1) for name in names]
    return numbered[:count]
