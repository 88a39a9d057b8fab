"""Recordings of robots as a kept notebook holds them: rounded, as steps from frame to frame, in one compressed text.

A kept notebook is read on code-hosting sites and compared line by line, so a recording is one short line there. Poses are
rounded to 0.1 mm (and 1e-4 of a quaternion), a signal to 1/4000 of the largest value that it has in the episode.
"""

import base64
import json
import math
import zlib
from array import array

POSE_UNIT = 1e-4
PARTS_OF_LARGEST = 4000


def pack(recordings):
    """Recordings as the viewer's page holds them, as a text."""
    text = json.dumps([shrink(recording) for recording in recordings], separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpack(text):
    """The way back, for a page with a viewer."""
    return [restore(recording) for recording in json.loads(zlib.decompress(base64.b64decode(text)))]


def shrink(recording):
    poses = columns(recording["poses"], recording["frames"])
    values = columns(recording["values"], recording["frames"])
    largest = [max((abs(x) for x in column if not math.isnan(x)), default=0) for column in values]
    return {
        **recording,
        "poses": [steps(column, POSE_UNIT) for column in poses],
        "values": [steps(column, most / PARTS_OF_LARGEST or 1) for column, most in zip(values, largest)],
        "units": [most / PARTS_OF_LARGEST or 1 for most in largest],
    }


def restore(recording):
    units = recording.pop("units")
    poses = [sums(column, POSE_UNIT) for column in recording["poses"]]
    values = [sums(column, unit) for column, unit in zip(recording["values"], units)]
    return {**recording, "poses": joined(poses), "values": joined(values)}


def columns(packed, frames):
    """Base64 of float32, `[frame][column]`, by columns."""
    numbers = array("f")
    numbers.frombytes(base64.b64decode(packed))
    width = len(numbers) // frames if frames else 0
    return [numbers[column::width] for column in range(width)]


def joined(by_column):
    numbers = array("f", [x for frame in zip(*by_column) for x in frame])
    return base64.b64encode(numbers.tobytes()).decode()


def steps(column, unit):
    """Whole numbers of units from one frame to the next; None where there is no number, as before the first action."""
    last, found = 0, []
    for x in column:
        rounded = None if math.isnan(x) else round(x / unit)
        found.append(rounded if rounded is None else rounded - last)
        last = last if rounded is None else rounded
    return found


def sums(found, unit):
    last, column = 0, []
    for step in found:
        last += step or 0
        column.append(math.nan if step is None else last * unit)
    return column
