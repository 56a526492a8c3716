"""Words as they are in Unicode, in TCVN3 and in VNI, written down by hand; the old ones as Latin-1 shows them."""

WORDS = [
    ("Nguyễn Thị Minh Khai", "NguyÔn ThÞ Minh Khai", "Nguyeãn Thò Minh Khai"),
    ("đường Điện Biên Phủ", "®\xad\xeang §iÖn Biªn Phñ", "ñöôøng Ñieän Bieân Phuû"),
    ("Thành phố Hồ Chí Minh", "Thµnh phè Hå ChÝ Minh", "Thaønh phoá Hoà Chí Minh"),
    ("Phường Bến Thành", "Ph\xad\xeang BÕn Thµnh", "Phöôøng Beán Thaønh"),
    ("Quận Bình Thạnh", "QuËn B×nh Th¹nh", "Quaän Bình Thaïnh"),
    ("Lê Lợi", "Lª Lîi", "Leâ Lôïi"),
    ("đất ở đô thị", "®Êt ë ®« thÞ", "ñaát ôû ñoâ thò"),
    ("Cần Giờ", "CÇn Giê", "Caàn Giôø"),
    ("Ấp Mỹ Khánh", "Êp Mü Kh¸nh", "AÁp Myõ Khaùnh"),
    ("Bà Rịa – Vũng Tàu", "Bµ RÞa – Vòng Tµu", "Baø Ròa – Vuõng Taøu"),
    ("quy hoạch trường học", "quy ho¹ch tr\xad\xeang häc", "quy hoaïch tröôøng hoïc"),
]
