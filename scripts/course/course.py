"""The coursework as nbgrader sees it.

The source of an assignment is scripts/course/assignments/NAME.ts, a percent script like the notebooks, which lies where the
JupyterLab of a student does not show it. Its cells are

    // %% solution="ID"          what a student writes: what stands between // BEGIN SOLUTION and // END SOLUTION is taken out
    // %% test="ID" points=2     a check, worth points if it ends without an error; what stands between
                                 // BEGIN HIDDEN TESTS and // END HIDDEN TESTS is run when grading only
    // %%                        given, and put back as it was when grading
    // %% [markdown] answer="ID" points=2   a question that is answered in words and graded by hand; in the source stands what a
                                 // full answer says, which is taken out
"""

import logging
import re
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")  # of the packages about each other
import jupytext
import nbformat
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).parent / "assignments"
BLANK = "YOUR ANSWER HERE"
STUB = '// YOUR CODE HERE\nthrow new Error("This part is not written yet.");'


class CourseError(Exception):
    """What whoever runs the course has to know, in one line."""


def assignments():
    """The names of all assignments."""
    return sorted(path.stem for path in SOURCES.glob("*.ts"))


def read(path):
    """The notebook of a source, with nbgrader's metadata."""
    notebook = jupytext.read(path)
    notebook.metadata = {"kernelspec": {"name": "tslab", "display_name": "TypeScript", "language": "typescript"}}
    given = 0
    for index, cell in enumerate(notebook.cells):
        cell.id = f"{path.stem}-{index}"
        solution, test, answer, points = (cell.metadata.pop(key, None) for key in ("solution", "test", "answer", "points"))
        if cell.cell_type != "code" and not answer:
            continue
        if not solution and not test and not answer:
            given += 1
        written, graded = bool(solution or answer), bool(test or answer)
        about = {"schema_version": 3, "task": False, "locked": not written, "solution": written}
        about |= {"grade": graded, "grade_id": solution or test or answer or f"given-{given}"}
        cell.metadata["nbgrader"] = about | ({"points": points} if graded else {})
    return notebook


def open_course(folder, seconds=60):
    """An nbgrader course in `folder`, with its gradebook, where a cell may take so many seconds."""
    limit = f"the cell took longer than {seconds} s and was stopped"
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.ClearSolutions.text_stub = BLANK
    config.ClearSolutions.code_stub = {"typescript": STUB}
    config.ClearSolutions.begin_solution_delimeter = "// BEGIN SOLUTION"
    config.ClearSolutions.end_solution_delimeter = "// END SOLUTION"
    config.ClearHiddenTests.begin_test_delimeter = "// BEGIN HIDDEN TESTS"
    config.ClearHiddenTests.end_test_delimeter = "// END HIDDEN TESTS"
    config.Execute.timeout = seconds
    config.Execute.iopub_timeout = seconds  # a busy machine shows what a cell has written long after it is done
    config.Execute.error_on_timeout = {"ename": "Timeout", "evalue": limit, "traceback": [f"Timeout: {limit}"]}
    logging.disable(logging.WARNING)  # what goes wrong comes back with each step's result
    return NbGraderAPI(config=config)


def checked(result, what):
    """Passes what a step of nbgrader's has done, or says in one line why it could not."""
    if not result["success"]:
        causes = re.findall(r"^ +(?:\w+\.)*(\w*(?:Error|Exception|MissingEntry)\b.*)$", result.get("log") or "", re.MULTILINE)
        raise CourseError(f"{what}: {causes[0] if causes else 'nbgrader failed'}")


def release(course, name):
    """Makes the student version of an assignment, and tells the gradebook of its checks. Gives the version's path."""
    folder = Path(course.coursedir.root)
    source = folder / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(read(SOURCES / f"{name}.ts"), source)
    checked(course.generate_assignment(name), f"{name} could not be released")
    return folder / "release" / name / f"{name}.ipynb"
