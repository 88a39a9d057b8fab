"""Unpacks libtensorflow and its headers from a TensorFlow wheel, or libraries from one of NVIDIA: unpack.py WHEEL DEPS.

DEPS gets lib/ (the two libraries), include/, and the wheel's own copies of other libraries where it carries some; of
NVIDIA's wheels nvidia/*/lib/, which is where libtensorflow looks for them.
"""

import os
import shutil
import sys
import zipfile
from pathlib import Path

LIBRARIES = {"libtensorflow_cc.so.2", "libtensorflow_framework.so.2"}


def destination(name):
    path = Path(name)
    if path.parts[0].endswith(".libs"):
        return path
    if path.parts[0] == "nvidia" and "lib" in path.parts and ".." not in path.parts:
        return path if ".so" in path.name else None
    if path.parts[0] != "tensorflow" or ".." in path.parts:
        return None
    if path.name in LIBRARIES:
        return Path("lib", path.name)
    return path.relative_to("tensorflow") if path.parts[1] == "include" else None


wheel, deps = sys.argv[1:]
setup = os.getppid()
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if os.getppid() != setup:
            sys.exit("The set-up was ended.")
        place = None if member.is_dir() else destination(member.filename)
        if place is not None:
            target = Path(deps) / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
