"""make-form: an official form from values in JSON, or every form with plausible values; exit 1 with all faults."""

import argparse
import json
import sys
from pathlib import Path

from documents import console


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("make-form", help="print an official form; exit 0 made, 1 faults, 2 unreadable")
    parser.add_argument("kind", nargs="?", help="which form; --list names them")
    values = "the form's fields as JSON (- for standard input), and the PDF to write"
    parser.add_argument("--values", type=Path, nargs=2, metavar=("FILE.json", "OUT.pdf"), help=values)
    parser.add_argument("--template", action="store_true", help="print plausible values of the kind as JSON")
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="DIR",
        help="write every form with plausible values, and a folder that the command dossier binds",
    )
    parser.add_argument("--list", action="store_true", help="name the kinds of forms")
    parser.add_argument("--json", action="store_true", help="tell what was made, or the faults, as JSON")
    console.add_fonts(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from documents.forms.registry import BY_KIND, FORMS

    if options.list:
        from documents.forms.values import specimen_of

        print("\n".join(f"{form.kind}\t{specimen_of(form.kind).imprint().title}" for form in FORMS))
        return 0
    if options.examples:
        return _examples(options)
    if options.kind not in BY_KIND:
        print(f"没有这种文书 no such form: {options.kind or ''}；make-form --list", file=sys.stderr)
        return console.UNREADABLE
    if options.template:
        from documents.forms.values import template

        print(template(options.kind))
        return 0
    if options.values is None:
        print("make-form KIND --values FILE.json OUT.pdf", file=sys.stderr)
        return console.UNREADABLE
    return _from_values(options)


def _examples(options: argparse.Namespace) -> int:
    from documents.dossier.example import write_example
    from documents.fonts import FontRefused
    from documents.render import render
    from documents.specimens import SPECIMENS

    try:
        fonts = console.fonts_of(options)
    except FontRefused as fault:
        return console.faulty([(str(fault), fault.en)], as_json=options.json)
    options.examples.mkdir(parents=True, exist_ok=True)
    made = []
    for number, (kind, paper) in enumerate(SPECIMENS.items(), 1):
        console.progress(f"[{number}/{len(SPECIMENS)}] {paper.imprint().title}")
        file = options.examples / f"{kind}.pdf"
        console.write(render(paper, fonts), file)
        made.append(str(file))
    made += [str(file) for file in write_example(options.examples / "dossier", fonts)]
    print(json.dumps({"made": made}, ensure_ascii=False) if options.json else "\n".join(made))
    return 0


def _from_values(options: argparse.Namespace) -> int:
    from documents.fonts import FontRefused, GlyphMissing
    from documents.forms.values import paper_from
    from documents.papers.base import FieldFault
    from documents.render import render

    file, out = options.values
    try:
        values = dict(json.loads(console.read(file)))
    except (OSError, ValueError, TypeError) as fault:
        print(f"读不了 cannot read {file}: {fault}", file=sys.stderr)
        return console.UNREADABLE
    try:
        pdf = render(paper_from(options.kind, values), console.fonts_of(options))
    except FieldFault as fault:
        return console.faulty(fault.faults, as_json=options.json)
    except (GlyphMissing, FontRefused) as fault:
        return console.faulty([(str(fault), fault.en)], as_json=options.json)
    console.write(pdf, out)
    if options.json:
        print(json.dumps({"made": [str(out)]}, ensure_ascii=False))
    return 0
