"""Drawing over a page that is there already, under a name of our choice: the same input gives the same bytes."""

from pikepdf import Name, Page, Pdf


def draw_over(page: Page, commands: str) -> None:
    """Draw more upon a page, whatever state its own drawing leaves behind."""
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(f"\nQ\n{commands}\n".encode())


def lay_over(pdf: Pdf, page: Page, drawn: Page, name: Name, commands: str = "q {name} Do Q") -> None:
    """Lay another file's page over one of `pdf`. (pikepdf's own overlay gives it a random name.)"""
    page.add_resource(pdf.copy_foreign(drawn.as_form_xobject()), Name.XObject, name)
    draw_over(page, commands.format(name=name))
