"""Writes e2e/fixtures/formats/python.zip with Python's zipfile: a folder entry, a stored, a deflated, an empty and a
zip64 entry, a name beyond ASCII, and a comment at the end.

Run: python e2e/reference/zip_fixture.py
"""

import zipfile
from pathlib import Path

OUT = Path(__file__).parents[1] / "fixtures" / "formats" / "python.zip"


def main() -> None:
    with zipfile.ZipFile(OUT, "w") as archive:
        archive.comment = b"a comment PK\x05\x06 that looks like an end"
        archive.writestr(zipfile.ZipInfo("folder/"), "")
        archive.writestr(zipfile.ZipInfo("folder/stored.txt"), "stored")
        archive.writestr(zipfile.ZipInfo("folder/empty.txt"), "")
        archive.writestr(zipfile.ZipInfo("folder/½.txt"), "deflated " * 1000, zipfile.ZIP_DEFLATED)
        with archive.open(zipfile.ZipInfo("folder/wide.txt"), "w", force_zip64=True) as entry:
            entry.write(b"zip64")


if __name__ == "__main__":
    main()
