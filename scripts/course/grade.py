"""Grades submissions.

grade.py WORK SUBMISSIONS OUT SECONDS      WORK: an empty folder inside of the project, for nbgrader

SUBMISSIONS/STUDENT/ holds the notebooks of a student under the names of the assignments, in folders or not. OUT gets
points.csv (a row for each student), checks.csv (a row for each check, with what was wrong), feedback/STUDENT/NAME.html and,
where something is answered in words, answers.csv: whoever reads the answers writes their points there, and grades again.
"""

import csv
import re
import shutil
import sys
from pathlib import Path

import nbformat
from course import CourseError, checked, open_course, release
from by_hand import Answers
from handed_in import collect, hand_in, name_of

COLOURS = re.compile(r"\x1b\[\d+(;\d+)*m")


def messages(notebook):
    """What was wrong in the cells of a graded notebook, by their names: name, message and line of the last error."""
    said = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" and name_of(cell):
                at = re.search(r"^Cell (\d+, line \d+)$", COLOURS.sub("", "\n".join(output.traceback)), re.MULTILINE)
                text = f"{output.ename}: {output.evalue}".splitlines()[0] + (f" (cell {at[1]})" if at else "")
                said[name_of(cell)] = text  # a time-out comes behind the interrupt that it caused
    return said


def grade(course, name, student, path, out, answers):
    """Grades a submission: the rows of its checks. One that can't be graded has no points, and the reason beside it.

    A solution that does not even run has a row without points: checks that miss it can't say why.
    """
    work = Path(course.coursedir.root)
    problem, said = None, {}
    try:
        hand_in(course, name, student, path)
        checked(course.autograde(name, student), "could not be graded")
        graded = nbformat.read(work / "autograded" / student / name / f"{name}.ipynb", as_version=4)
        said = messages(graded) | answers.enter(course, name, student, graded)
        checked(course.generate_feedback(name, student), "has no feedback")
        place = Path(out) / "feedback" / student
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work / "feedback" / student / name / f"{name}.html", place / f"{name}.html")
    except CourseError as error:
        problem = str(error)
        print(f"{student}, {name}: {problem}", file=sys.stderr)
    points = {}
    if not problem:
        with course.gradebook as gradebook:
            grades = gradebook.find_submission_notebook(name, name, student).grades
            points = {each.name: number(each.score) for each in grades}
    rows = [(check, points.get(check, 0), of, problem or said.get(check, "")) for check, of in checks(course, name)]
    return [(cell, None, None, text) for cell, text in said.items() if cell not in points] + rows


def number(points):
    """Without .0 where there is nothing else."""
    return int(points) if points == int(points) else points


def checks(course, name):
    """The names of an assignment's checks and their points, in the notebook's order."""
    source = nbformat.read(Path(course.coursedir.root) / "source" / name / f"{name}.ipynb", as_version=4)
    about = [cell.metadata.nbgrader for cell in source.cells if "nbgrader" in cell.metadata]
    return [(cell.grade_id, cell.points) for cell in about if cell.grade]


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def show(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [str(cell).rjust(width) if i else str(cell).ljust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells))


def main(work, submissions, out, seconds):
    course = open_course(work, int(seconds))
    students = collect(submissions)
    names = sorted({name for handed in students.values() for name in handed})
    for name in names:
        release(course, name)
    full = {name: sum(of for _, of in checks(course, name)) for name in names}
    Path(out).mkdir(parents=True, exist_ok=True)
    answers = Answers(Path(out) / "answers.csv")
    table = [["student", *names, "points", "of"]]
    details = [["student", "assignment", "check", "points", "of", "message"]]
    for student, handed in students.items():
        sums = {}
        for name, path in handed.items():
            rows = grade(course, name, student, path, out, answers)
            sums[name] = sum(points or 0 for _, points, _, _ in rows)
            details += [[student, name, *row] for row in rows]
            print(f"{student}, {name}: {sums[name]} of {full[name]}", flush=True)
        table.append([student, *(sums.get(name, "-") for name in names), sum(sums.values()), sum(full.values())])
    write(Path(out) / "points.csv", table)
    write(Path(out) / "checks.csv", details)
    waiting = answers.write()
    show(table)
    if waiting:
        print(f"Answers that nobody has given points yet: {waiting}. Write them into {answers.path}, and grade again.")
    print(f"Tables and feedback: {out}")


try:
    main(*sys.argv[1:])
except CourseError as error:
    sys.exit(str(error))
