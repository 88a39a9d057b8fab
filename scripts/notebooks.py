"""Executes notebooks, two at a time, and checks what comes out.

notebooks.py OUT [NAME=VALUE ...] notebook.ts ...

The percent scripts (.ts) are the sources; a constant NAME that they declare is given VALUE, as in REAL=true or SEED=2. The
executed notebooks are written to OUT; the exit status is 1 if a cell failed or was not executed, wrote to stderr or lacks
the figure that it shows.
"""

import asyncio
import json
import os
import re
import sys
import time
from html import unescape
from pathlib import Path

import jupytext
import nbformat
import replays
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

SHOWS = re.compile(r"\b(showFigure|showChart|showReplay|watch|liveFigure)\(")
VIEWER = re.compile(r'<dmo-viewer[^>]*><script type="application/json">(.*?)</script>')
SECONDS_PER_CELL = 1800
SECONDS_TO_START = 300
AT_A_TIME = 2


def read(path, settings):
    """The notebook of a percent script, its cells named after their places so that executing it twice gives one result."""
    source = path.read_text()
    for name, value in settings:
        source = re.sub(rf"^const {name} = .*?;", f"const {name} = {value};", source, flags=re.MULTILINE)
    notebook = jupytext.reads(source, fmt="ts:percent")
    notebook.metadata.kernelspec = {"name": "tslab", "display_name": "TypeScript", "language": "typescript"}
    for index, cell in enumerate(notebook.cells):
        cell.id = f"{path.stem}-{index}"
    return notebook


def problems(notebook):
    """What is wrong with an executed notebook, a line each."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    figures = 0
    for number, cell in enumerate(code, 1):
        where = f"code cell {number} ({cell.source.splitlines()[0][:60]})"
        if cell.execution_count is None:
            yield f"{where} was not executed"
        pictures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        figures += pictures
        if SHOWS.search(cell.source) and not pictures:
            yield f"{where} shows no figure"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"{where} failed: {output.ename}: {output.evalue}"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{where} wrote to stderr: {output.text.strip().splitlines()[-1]}"
    if not figures:
        yield "there is no figure"


def tidy(notebook):
    """
    Drops what was for live eyes: 3D viewers, of which the picture is kept, and the recordings for `npm run docs`; and
    places that are empty by now.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            viewer = VIEWER.search(unescape(output.get("data", {}).get("text/html", "")))
            if viewer:
                del output.data["text/html"]
                output.data["application/vnd.dmo-lab.replay+json"] = replays.pack(json.loads(viewer[1]))
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data") != {"text/html": ""}]


async def execute(path, settings, out, places):
    notebook = read(path, settings)
    async with places:
        start = time.monotonic()
        resources = {"metadata": {"path": str(path.parent.resolve())}}
        client = NotebookClient(
            notebook,
            kernel_name="tslab",
            timeout=SECONDS_PER_CELL,
            startup_timeout=SECONDS_TO_START,
            resources=resources,
            coalesce_streams=True,
            record_timing=False,
        )
        found = []
        try:
            await client.async_execute()
        except CellExecutionError as error:
            print(error, file=sys.stderr)
        except CellTimeoutError:
            found.append(f"a cell took longer than {SECONDS_PER_CELL} s")
        except DeadKernelError:
            found.append("the kernel died")
        seconds = time.monotonic() - start
    found += problems(notebook)
    tidy(notebook)
    nbformat.write(notebook, out / f"{path.stem}.ipynb")
    print(f"{path.stem}: {'FAILED' if found else 'ok'} in {seconds:.1f} s", *found, sep="\n  ", flush=True)
    return not found


async def main(out, *rest):
    settings = [each.split("=", 1) for each in rest if re.match(r"[A-Z]+=", each)]
    paths = rest[len(settings) :]
    places = asyncio.Semaphore(AT_A_TIME)
    if len(paths) > 1:  # they share the processor
        os.environ.setdefault("DMO_LAB_THREADS", str(max(1, (os.cpu_count() or 1) // AT_A_TIME)))
    done = await asyncio.gather(*(execute(Path(path), settings, Path(out), places) for path in paths))
    return 0 if all(done) else 1


sys.exit(asyncio.run(main(*sys.argv[1:])))
