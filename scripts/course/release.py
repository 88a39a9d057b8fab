"""Writes the student version of every assignment.

release.py WORK OUT      WORK: an empty folder for nbgrader
"""

import shutil
import sys
from pathlib import Path

from course import CourseError, assignments, open_course, release


def main(work, out):
    course = open_course(work)
    Path(out).mkdir(parents=True, exist_ok=True)
    for name in assignments():
        shutil.copyfile(release(course, name), Path(out) / f"{name}.ipynb")
    print(f"Released to {out}: {', '.join(f'{name}.ipynb' for name in assignments())}")


try:
    main(*sys.argv[1:])
except CourseError as error:
    sys.exit(str(error))
