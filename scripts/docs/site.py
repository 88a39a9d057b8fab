"""Renders README, docs and notebooks, with what they link to, as pages for a browser.

site.py ROOT OUT [NOTEBOOK...]: the pages of these notebooks run their cells.

Pages lie in OUT as their sources lie in ROOT, so that links and pictures keep their ways. Formulas are left in
<span class="math">, for scripts/docs.mjs to set. A link that leads nowhere is said, and makes the exit status 1.
"""

import json
import os
import re
import shutil
import sys
from html import escape, unescape
from pathlib import Path

import jinja2
import nbformat
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

import replays  # noqa: E402 -- stands beside the program that runs notebooks

PLOTLY = "application/vnd.plotly.v1+json"
REPLAY = "application/vnd.dmo-lab.replay+json"
COPIED = {".png", ".svg", ".csv", ".webm"}
LANGUAGES = {".ts": "typescript", ".js": "javascript", ".mjs": "javascript", ".py": "python", ".xml": "xml"}
EXTERNAL = re.compile(r"[a-z]+:")

HEADING = re.compile(r'<h([1-3]) id="([^"]*)"><a[^>]*>(.*?)</a></h[1-3]>', re.DOTALL)

highlight = Highlight2HTML()


def sections(body):
    """What stands on a page: level, anchor, heading and text of each of its sections, without marks."""
    _, *parts = HEADING.split(body)
    for level, anchor, heading, content in zip(*[iter(parts)] * 4):
        yield int(level), anchor, plain(heading), plain(content)


def plain(html):
    html = re.sub(r"<(script|img)[^>]*>(.*?</script>)?", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def address(path):
    """Where a file or folder of the project is found on the site, both from its top."""
    if path.name == "README.md":
        return path.with_name("index.html")
    if path.suffix in {".md", ".ipynb"}:
        return path.with_suffix(".html")
    return path if path.suffix in COPIED else path.with_name(f"{path.name}.html")


def slug(heading):
    """The name of a heading in links, as code-hosting sites make it."""
    text = re.sub(r"<[^>]+>|&\w+;", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def words(source):
    """A notebook as markdown, without its code; of other files their text."""
    if source.suffix != ".ipynb":
        return source.read_text()
    cells = nbformat.read(source, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def title_of(source):
    found = re.search(r"^# (.+)$", words(source), re.MULTILINE) if source.suffix in {".md", ".ipynb"} else None
    return found[1] if found else source.name


class Renderer(IPythonRenderer):
    """Markdown to HTML, with links to where things are on the site."""

    def __init__(self, link_to):
        super().__init__(escape=False)
        self.link_to = link_to

    def link(self, text, url, title=None):
        if url.endswith(".webm"):  # code-hosting sites show a link, this one the video
            return f'<video src="{escape(self.link_to(url))}" title="{text}" controls loop muted></video>'
        return super().link(text, self.link_to(url), title)

    def image(self, text, url, title=None):
        return super().image(text, self.link_to(url), title)

    def heading(self, text, level, **attrs):
        name = slug(text)
        return f'<h{level} id="{name}"><a href="#{name}">{text}</a></h{level}>\n'

    def table(self, text):
        return f'<div class="wide"><table>{text}</table></div>\n'

    def block_math(self, body):
        return f'<span class="math display">{escape(body.strip())}</span>'

    def inline_math(self, body):
        return f'<span class="math">{escape(body)}</span>'


def live(kind, data, picture):
    """A picture, and what takes its place where scripts run."""
    content = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f'<figure class="{kind}"><script type="application/json">{content}</script>{picture}</figure>'


def picture_of(output):
    alt = output.metadata.get("image/png", {}).get("alt", "")
    return f'<img src="data:image/png;base64,{output.data["image/png"].strip()}" alt="{escape(alt)}">'


def output_html(output):
    if output.output_type == "stream":
        return f'<pre class="{output.name}">{ansi2html(output.text)}</pre>'
    if output.output_type == "error":
        return f'<pre class="stderr">{ansi2html(chr(10).join(output.traceback))}</pre>'
    data = output.data
    if PLOTLY in data:
        return live("plotly", data[PLOTLY], picture_of(output))
    if REPLAY in data:
        return live("replay", replays.unpack(data[REPLAY]), picture_of(output))
    if "image/png" in data:
        return f"<figure>{picture_of(output)}</figure>"
    if "text/html" in data:
        return f'<div class="wide">{data["text/html"]}</div>'
    return f'<pre>{escape(data["text/plain"])}</pre>'


class Site:
    def __init__(self, root, out, running):
        self.root, self.out, self.running = root, out, running
        template = (HERE / "page.html").read_text()
        self.template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(template)
        self.known, self.waiting, self.broken, self.found = set(), [], [], []
        self.parts = {
            "": self.find("README.md", "docs/try/README.md"),
            "Notebooks": self.find("notebooks/*.ipynb"),
            "Coursework": self.find("docs/coursework.md", "notebooks/exercises/*.ipynb"),
            "Algorithms": self.find("docs/algorithms/*.md"),
            "Tasks": self.find("reproductions/tasks/*.md"),
            "Documentation": [path for path in self.find("docs/*.md") if path.stem != "coursework"],
            "Results": self.find("reproductions/README.md", "data/results/README.md"),
        }

    def find(self, *patterns):
        return [path.relative_to(self.root) for pattern in patterns for path in sorted(self.root.glob(pattern))]

    def build(self):
        for path in [path for part in self.parts.values() for path in part]:
            self.want(path)
        while self.waiting:
            self.write(self.waiting.pop())

    def want(self, path):
        """Makes a file or folder a page, unless it is one."""
        if path not in self.known:
            self.known.add(path)
            self.waiting.append(path)
        return address(path)

    def link_from(self, page):
        """What turns the links of a page into those of the site."""

        def link_to(url):
            way, mark, anchor = url.partition("#")
            if EXTERNAL.match(url) or not way:
                return url
            path = Path(os.path.normpath(page.parent / way))
            source = self.root / path
            if path.parts[0] == ".." or not source.exists():
                self.broken.append(f"{page}: {url}")
                return url
            if source.is_dir() and (source / "README.md").exists():
                path /= "README.md"
            return os.path.relpath(self.want(path), address(page).parent) + mark + anchor

        return link_to

    def write(self, path):
        target = self.out / address(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in COPIED:
            shutil.copyfile(self.root / path, target)
            return
        up = os.path.relpath(".", address(path).parent) + "/"
        navigation = [
            (name, [(up + str(address(item)), title_of(self.root / item), item == path) for item in items])
            for name, items in self.parts.items()
        ]
        title = str(path) if (self.root / path).is_dir() else title_of(self.root / path)
        body = self.body(path)
        parts = list(sections(body)) if path.suffix in {".md", ".ipynb"} else []
        for _, anchor, heading, text in parts:
            self.found.append({"page": title, "heading": heading, "text": text, "at": f"{address(path)}#{anchor}"})
        contents = [(level, anchor, heading) for level, anchor, heading, _ in parts if level > 1]
        order = [link for _, items in navigation for link in items]
        here = next((i for i, (_, _, current) in enumerate(order) if current), None)
        beside = {} if here is None else {"previous": order[here - 1] if here else None, "next": [*order, None][here + 1]}
        page = {"up": up, "title": title, "navigation": navigation, "contents": contents, "beside": beside}
        target.write_text(self.template.render(**page, body=body))

    def body(self, path):
        source = self.root / path
        markdown = MarkdownWithMath(renderer=Renderer(self.link_from(path)))
        if source.is_dir():
            pages = sorted(entry for entry in source.iterdir() if entry.suffix in {".md", ".ipynb"})
            links = [f"- [{title_of(entry)}]({path.name}/{entry.name})" for entry in pages]
            return markdown("\n".join([f"# {path}", "", *links]))
        if path.suffix == ".md":
            return markdown(source.read_text())
        if path.suffix == ".ipynb":
            first, *rest = [self.cell(cell, markdown) for cell in nbformat.read(source, as_version=4).cells]
            bar = [f'<dmo-cells notebook="{path.stem}"></dmo-cells>'] if path.stem in self.running else []
            return "\n".join([first, *bar, *rest])
        code = highlight(source.read_text(), language=LANGUAGES.get(path.suffix, "text"))
        return f"<h1>{escape(path.name)}</h1>\n{code}"

    def cell(self, cell, markdown):
        if cell.cell_type == "markdown":
            return markdown(cell.source)
        outputs = "\n".join(map(output_html, cell.outputs))
        return f'<div class="cell">{highlight(cell.source, language="typescript")}{outputs}</div>'


def main(root, out, *running):
    site = Site(Path(root), Path(out), running)
    site.build()
    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    style = f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
    assets = site.out / "assets"
    assets.mkdir(exist_ok=True)
    (assets / "style.css").write_text(f"{style}\n{(HERE / 'style.css').read_text()}")
    # A script, as a page that lies on a disk may not read data.
    (assets / "sections.js").write_text(f"const SECTIONS = {json.dumps(site.found)};\n")
    for line in site.broken:
        print(f"This link leads nowhere: {line}", file=sys.stderr)
    return 1 if site.broken else 0


sys.exit(main(*sys.argv[1:]))
