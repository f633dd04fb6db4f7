"""Take the table of any CRM in: see first what would happen, then do it.

    python examples/import_csv.py FILE.csv --map problem=Description --map solution=Answer [--data-dir FOLDER]

`similar-cases ingest` does the same and more: other formats, resuming, near-duplicates; see docs/import.md.
"""

import argparse
from pathlib import Path

from retriever.config import load_settings
from retriever.ingest.case_files import ReaderOptions
from retriever.ingest.columns import column_map_of_pairs
from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.wiring.library import open_library


def main() -> None:
    """A dry run, then the real one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--map", action="append", default=[], help="FIELD=HEADER; names people use need none")
    parser.add_argument("--data-dir", type=Path, default=None)
    arguments = parser.parse_args()
    reader = ReaderOptions(columns=column_map_of_pairs(arguments.map))
    settings = load_settings(data_dir=arguments.data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with open_library(settings) as store:  # personal data is masked on the way in
        for dry_run in (True, False):
            report = ingest(arguments.file, store, IngestOptions(reader=reader, dry_run=dry_run))
            print(f"{'would be' if dry_run else 'were'} created: {report.created}, refused: {report.rejected}")
            for row in report.rows:  # a bad row is told, and does not stop the others
                print(f"  line {row.line}: {row.field}: {row.reason}")
    print("`similar-cases index rebuild` makes them quick to find; a running server finds them at once.")


if __name__ == "__main__":
    main()
