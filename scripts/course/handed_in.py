"""What students have handed in, found and put where nbgrader looks for it."""

import sys
from pathlib import Path

import nbformat
from course import CourseError, assignments


def collect(submissions):
    """The paths of what every student has handed in, by the names of the assignments."""
    students = {}
    for folder in sorted(path for path in Path(submissions).iterdir() if path.is_dir() and path.name[0] != "."):
        handed = students[folder.name] = {}
        for path in sorted(folder.rglob("*.ipynb")):
            if ".ipynb_checkpoints" in path.parts:
                continue
            if path.stem not in assignments():
                print(f"{path}: no assignment has this name, it is left out ({', '.join(assignments())})", file=sys.stderr)
            elif path.stem in handed:
                raise CourseError(f"{folder.name} has handed in {path.stem} twice: keep one of them.")
            else:
                handed[path.stem] = path
    if not any(students.values()):
        raise CourseError(f"There is no submission in {submissions}: it should hold STUDENT/{assignments()[0]}.ipynb and the like.")
    return students


def name_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def complete(notebook, released):
    """Puts back the cells that a student has deleted, behind those that stood before them."""
    place = 0
    for cell in (cell for cell in released.cells if name_of(cell)):
        found = next((i for i, other in enumerate(notebook.cells) if name_of(other) == name_of(cell)), None)
        if found is None:
            notebook.cells.insert(place, cell)
            found = place
        place = found + 1


def hand_in(course, name, student, path):
    """Puts a notebook where nbgrader looks for it."""
    work = Path(course.coursedir.root)
    try:
        notebook = nbformat.read(path, as_version=4)
        complete(notebook, nbformat.read(work / "release" / name / f"{name}.ipynb", as_version=4))
        place = work / "submitted" / student / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(notebook, place)
    except Exception as error:  # whatever a file that is no notebook makes its readers trip over
        raise CourseError(f"is no notebook: {type(error).__name__}") from error
