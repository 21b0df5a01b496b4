"""A folder that the command `dossier` binds: the invented dispute's papers, a photograph, and their dossier.json."""

from pathlib import Path

from PIL import Image, ImageDraw

from documents.dossier.listing import COVER, NAME, Listed, Listing, written
from documents.fonts import FontStack
from documents.render import render
from documents.specimens import SPECIMENS

PAPERS = (
    ("application", "人民调解申请书", "mediation-application"),
    ("application", "人民调解受理登记表", "registration"),
    ("rights", "人民调解权利义务告知书", "rights-notice"),
    ("authority", "授权委托书", "power-of-attorney"),
    ("inquiry", "调查笔录", "inquiry-record"),
    ("record", "调解笔录", "mediation-record"),
    ("agreement", "人民调解协议书", "agreement"),
    ("follow-up", "回访记录", "follow-up"),
    ("confirmation", "司法确认申请书", "confirmation-application"),
    ("confirmation", "民事裁定书", "ruling-confirm"),
)
PICTURES = (
    ("identity", "当事人身份证照片（示例图）", "identity.png"),
    ("evidence", "502室顶棚渗水照片（示例图）", "ceiling.jpg"),
)


def write_example(folder: Path, fonts: FontStack) -> list[Path]:
    """Write the folder; gives the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [Listed(section=section, title=title, file=f"{kind}.pdf") for section, title, kind in PAPERS]
    for _, _, kind in PAPERS:
        (folder / f"{kind}.pdf").write_bytes(render(SPECIMENS[kind], fonts))
    for place, (section, title, file) in enumerate(PICTURES):
        picture(place).save(folder / file)
        listed.append(Listed(section=section, title=title, file=file, note="原图存平台"))
    (folder / NAME).write_text(written(Listing(cover=COVER, papers=tuple(listed))))
    return [*(folder / one.file for one in listed), folder / NAME]


def picture(place: int) -> Image.Image:
    """A drawn picture of a room's corner, which stands for a photograph."""
    made = Image.new("RGB", (900, 640), (214, 219, 224))
    pen = ImageDraw.Draw(made)
    pen.polygon([(0, 0), (900, 0), (640, 220), (260, 220)], fill=(238, 238, 232))
    for ring in range(6):
        wide = 150 - 22 * ring
        middle = (450 - 60 * place, 110)
        box = (middle[0] - wide, middle[1] - wide // 3, middle[0] + wide, middle[1] + wide // 3)
        pen.ellipse(box, fill=(196 - 12 * ring, 178 - 14 * ring, 150 - 14 * ring))
    return made
