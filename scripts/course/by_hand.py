"""Answers in words, which a person reads: a table of them, in which the points are written by hand."""

import csv

from course import BLANK, CourseError
from handed_in import name_of

COLUMNS = ["student", "assignment", "question", "points", "of", "answer"]


class Answers:
    """The table at `path`: points that were written into it count for the same answer when grading again."""

    def __init__(self, path):
        self.path, self.rows, self.given = path, [], {}
        if path.exists():
            with open(path, newline="") as file:
                self.given = {key_of(row): points_of(row) for row in csv.DictReader(file)}

    def enter(self, course, name, student, notebook):
        """Notes the answers of a graded notebook, and gives nbgrader the points that are known. What is to be said of each."""
        said = {}
        for cell in notebook.cells:
            about = cell.metadata.get("nbgrader", {})
            if cell.cell_type != "markdown" or not about.get("grade"):
                continue
            row = dict(zip(COLUMNS, [student, name, name_of(cell), "", about["points"], cell.source.strip()]))
            row["points"] = "0" if row["answer"] == BLANK else self.given.get(key_of(row), "")
            self.rows.append(row)
            said[name_of(cell)] = "" if row["points"] else "to be read by a person (answers.csv)"
            if row["points"]:
                with course.gradebook as gradebook:
                    grade = gradebook.find_grade(name_of(cell), name, name, student)
                    grade.manual_score, grade.needs_manual_grade = float(row["points"]), False
                    gradebook.db.commit()
        return said

    def write(self):
        """Writes the table, if there is an answer. How many have no points yet."""
        if self.rows:
            with open(self.path, "w", newline="") as file:
                table = csv.DictWriter(file, COLUMNS)
                table.writeheader()
                table.writerows(self.rows)
        return sum(not row["points"] for row in self.rows)


def key_of(row):
    """Points are for an answer: if it changes, it is to be read again."""
    return tuple(row[column] for column in ("student", "assignment", "question", "answer"))


def points_of(row):
    """What was written by hand, or nothing yet."""
    points = row["points"].strip()
    try:
        if not points or 0 <= float(points) <= float(row["of"]):
            return points
    except ValueError:
        pass
    raise CourseError(
        f'answers.csv: {row["student"]} has "{points}" points for {row["question"]}: a number from 0 to {row["of"]}.'
    )
