"""The pages of a run in headless Chromium: page_test.py ALEXNET [FOLDER FOR SCREENSHOTS]

Trains two steps on patterns, and goes through the report with keyboard and pointer: of ten classes, where the
confusion is a table, and of 120, where it is a picture; then through the page that follows a run, and the page
that explains images.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import browser  # noqa: E402
from idx_patterns import write_idx  # noqa: E402

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.select import Select  # noqa: E402

DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.S)

NAMES = ["短袖上衣", "裤子", "プルオーバー", "드레스", "外套コート長袖冬用", "Sandal", "Ankle boot", "包", "tench",
         "sulphur-crested cockatoo, Kakatoe galerita, Cacatua galerita, a bird of Australia"]


def train(alexnet, folder):
    os.mkdir(os.path.join(folder, "data"))
    write_idx(os.path.join(folder, "data"), "train", 120)
    write_idx(os.path.join(folder, "data"), "t10k", 40)
    subprocess.run([alexnet, "train", "data", "--model", "alexnet-2012", "--batch-size", "8", "--max-steps", "2",
                    "--out", "run"], cwd=folder, check=True, capture_output=True)
    return os.path.join(folder, "run", "report.html")


def changed(page, change, path):
    """The page with other data."""
    with open(page, encoding="utf-8") as file:
        html = file.read()
    data = json.loads(DATA.search(html).group(2))
    change(data)
    text = json.dumps(data).replace("<", "\\u003c")
    with open(path, "w", encoding="utf-8") as file:
        file.write(DATA.sub(lambda match: match.group(1) + text + match.group(3), html))
    return path


def with_classes(page, names, path):
    """The same page with a confusion of these classes: most are right, the others are near; two have no images."""
    draw = random.Random(1)
    classes = len(names)
    counts = {}
    for label in range(classes - 2):
        for _ in range(100):
            right = draw.random() < 0.7
            predicted = label if right else min(max(label + draw.randint(-classes // 4, classes // 4), 0), classes - 1)
            counts[label, predicted] = counts.get((label, predicted), 0) + 1

    def change(data):
        data["network"]["classes"] = names
        data["evaluation"]["confusion"] = [[*pair, number] for pair, number in sorted(counts.items())]
    return changed(page, change, path)


def numbered(count):
    return [f"class {i}" for i in range(count)]


class ReportPage(browser.Page):
    def open(self, path):
        self.driver.get(f"file://{path}")

    def says(self):
        return self.find(".says").get_attribute("textContent")

    def press(self, *keys):
        super().press(*keys)
        return self.says()

    def shots(self, name):
        self.check_width(name)
        self.screenshot(name, ["dark", "light"])


def check_table(page):
    """One stop for Tab; the arrow keys reach every cell from there, empty ones too."""
    stops = page.find_all(".confusion button[tabindex='0']")
    assert len(stops) == 1
    page.run("arguments[0].focus()", stops[0])
    assert page.says().startswith("class 0: "), page.says()
    assert page.press(Keys.ARROW_LEFT, Keys.ARROW_UP).startswith("class 0: ")
    assert page.press(Keys.ARROW_RIGHT).startswith("class 0 taken for class 1: ")
    assert page.press(Keys.ARROW_DOWN).startswith("class 1: ")
    assert page.press(Keys.END).startswith("class 1 taken for class 9: 0 of 100")
    assert page.press(Keys.HOME).startswith("class 1 taken for class 0: ")
    for _ in range(12):
        page.press(Keys.ARROW_DOWN)
    assert page.says().startswith("class 9 taken for class 0: "), page.says()
    assert len(page.find_all(".confusion button[tabindex='0']")) == 1


def check_headers(page):
    """Names of every script stand on their feet, and none is cut."""
    headers = page.run("""
        return [...document.querySelectorAll('.confusion thead span')].map((span) => {
          const {transform, writingMode} = getComputedStyle(span);
          const [inner, outer] = [span.getBoundingClientRect(), span.parentNode.getBoundingClientRect()];
          return [transform, writingMode, span.scrollHeight <= inner.height + 1, inner.top >= outer.top - 1 &&
            inner.left >= outer.left - 1 && inner.right <= outer.right + 1];
        });""")
    assert len(headers) == 10
    assert all(header == ["none", "vertical-rl", True, True] for header in headers), headers


def check_head(page, alexnet):
    """When, how long, where and by what it was trained; what is newest."""
    text = page.find("main").text
    version = subprocess.run([alexnet, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    for words in ["begun ", "trained for ", "images/s", " thread", version, "This page was made "]:
        assert words in text, words
    assert tiles(page)["training loss, epoch 1"], tiles(page)


def tiles(page):
    return {" ".join(tile.find_element("tag name", "dt").text.split()): tile.find_element("tag name", "dd").text
            for tile in page.find_all(".tiles > div")}


def check_newest(page, report, folder):
    """Tiles tell of the last epoch where no step came after it, else of that."""
    def change(data):
        del data["evaluation"]
        data["run"]["steps"] = [dict(data["run"]["steps"][0], step=step, loss=loss) for step, loss in steps]
        data["run"]["epochs"] = [dict(data["run"]["epochs"][0], step=20, loss=1.5, epoch=3)]
    steps = [(10, 3), (20, 2)]
    page.open(changed(report, change, os.path.join(folder, "newest.html")))
    assert tiles(page)["training loss, epoch 3"] == "1.5000", tiles(page)
    steps.append((25, 1.25))
    page.open(changed(report, change, os.path.join(folder, "newest.html")))
    assert tiles(page)["training loss, step 25"] == "1.2500", tiles(page)


POINTS = """
    const drawn = Chart.getChart(document.querySelector('.chart canvas'));
    const of = ({label, data}) => [label, data.map(({x, y}) => [x, y])];
    return [Object.fromEntries(drawn.data.datasets.map(of)), drawn.scales.x.min, drawn.scales.x.max];"""


def check_curves(page, report, folder):
    """Epochs are drawn with their own training loss, from step 0 on, also where no steps were logged."""
    def change(data):
        data["run"]["steps"] = []
        data["run"]["epochs"] = [dict(data["run"]["epochs"][0], step=31, loss=1.5)]
    page.open(report)
    points, first, _ = page.run(POINTS)
    assert first == 0 and [x for x, _ in points["training loss"]] == [1, 2], points
    assert [x for x, _ in points["mean of an epoch"]] == [2], points
    page.open(changed(report, change, os.path.join(folder, "short.html")))
    points, first, last = page.run(POINTS)
    assert points["mean of an epoch"] == [[31, 1.5]] and [first, last] == [0, 31], (points, first, last)
    assert "training loss" not in points and "learning rate" not in points, points


def check_layers(page):
    """The table fits, and every time can be read."""
    page.set_size(1280, 900)
    box = page.find_all(".scroll")[-1]
    assert page.run("return arguments[0].scrollWidth <= arguments[0].clientWidth", box), "the layers are cut"
    cells = box.find_elements("css selector", "td:nth-child(7)")
    times = [float(cell.get_attribute("textContent").replace(",", "")) for cell in cells if cell.text]
    assert len(times) > 5 and all(time > 0 for time in times), times


def mark_at(page):
    """[row, column] of the ring."""
    return page.run(
        "const mark = document.querySelector('.mark'); return mark.hidden ? null :"
        "[mark.style.top, mark.style.left].map((at) => Math.floor(parseFloat(at) * 1.2));")


def check_picture(page):
    """The keys walk the cells that are there; ring and pointer go with them."""
    canvas = page.find("canvas.matrix")
    assert canvas.accessible_name.startswith("Confusion matrix. Up and down: the class."), canvas.accessible_name
    assert mark_at(page) is None
    page.run("arguments[0].scrollIntoView(); arguments[0].focus()", canvas)
    assert page.says().startswith("class 0: ") and mark_at(page) == [0, 0], page.says()
    said = [page.says()]
    for _ in range(3):
        said.append(page.press(Keys.ARROW_RIGHT))
    assert all(text.startswith("class 0 taken for class ") for text in said[1:]) and len(set(said)) == 4, said
    numbers = [int(re.search(r": (\d+) of", text).group(1)) for text in said]
    assert numbers == sorted(numbers, reverse=True), said
    assert page.press(Keys.ARROW_LEFT) == said[2]
    assert page.press(Keys.ARROW_DOWN).startswith("class 1: ")
    assert page.press(Keys.PAGE_DOWN).startswith("class 26: ") and mark_at(page) == [26, 26]
    assert page.press(Keys.END).startswith("class 117: ")  # the last with images
    assert page.press(Keys.ARROW_DOWN).startswith("class 117: ")
    assert page.press(Keys.HOME).startswith("class 0: ")
    Select(page.find("select")).select_by_visible_text("class 60")
    assert page.says().startswith("class 60: ") and mark_at(page) == [60, 60]
    page.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
    webdriver.ActionChains(page.driver).move_to_element_with_offset(canvas, 0, 0).perform()
    assert page.says().startswith(("class 59", "class 60", "class 61")), page.says()
    before = page.says()
    webdriver.ActionChains(page.driver).click(canvas).perform()
    assert page.press(Keys.ARROW_RIGHT) != before


def check_colors(page):
    """What is drawn is drawn again in the other scheme's colours."""
    picture = "return document.querySelector('canvas.matrix').toDataURL()"
    light = page.run(picture)
    page.set_scheme("dark")
    page.wait(lambda: page.run(picture) != light, "the picture keeps the light colours")
    page.set_scheme("light")
    page.wait(lambda: page.run(picture) == light, "the picture keeps the dark colours")


UNCHANGED = "return window.unchanged === true"


def loads_again(page):
    page.run("window.unchanged = true")
    page.wait(lambda: not page.run(UNCHANGED), "the page does not load itself again")


def stays(page):
    page.run("window.unchanged = true")
    time.sleep(2)
    assert page.run(UNCHANGED), "the page loads itself again"


def check_following(page):
    """The page loads itself again, but not while it is read or paused."""
    assert "last figures at " in page.find("main").text
    loads_again(page)
    page.run("document.querySelector('details').open = true")
    stays(page)
    page.run("document.querySelector('details').open = false")
    loads_again(page)
    page.find("button").click()
    assert page.find("button").text == "Go on"
    stays(page)
    page.find("button").click()
    page.wait(lambda: page.find("button").text == "Pause", "the page does not go on")
    loads_again(page)


def check_live(page, alexnet, folder):
    run = os.path.join(folder, "run")
    os.remove(os.path.join(run, "last.safetensors"))  # as if it had not ended
    os.remove(os.path.join(run, "report.html"))
    watch = subprocess.Popen([alexnet, "watch", run, "--every", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        live = os.path.join(run, "report.html")
        page.wait(lambda: os.path.exists(live), "no page")
        page.open(live)
        check_following(page)
        page.shots("live")
        page.check_console()
    finally:
        watch.terminate()
        watch.communicate()


def check_explanations(page, alexnet, folder):
    """Whose probability it is, and that a map may be empty."""
    for command in [["samples", "data", "--count", "2", "--out", "samples"],
                    ["explain", "run", os.path.join(folder, "samples"), "--out", "explained"]]:
        subprocess.run([alexnet, *command], cwd=folder, check=True, capture_output=True)
    explained = os.path.join(folder, "explained", "explain.html")
    page.open(explained)
    first = page.find(".evidence section")
    assert first.find_element("tag name", "h3").text.startswith("What speaks for "), first.text
    assert "%" not in "".join(caption.text for caption in first.find_elements("tag name", "figcaption")), first.text
    assert "run (alexnet" in page.find("main").text
    assert os.path.basename(folder) not in page.driver.page_source
    page.shots("explain")
    page.check_console()

    def change(data):
        for entry in data["images"][0]["explained"]:
            entry["grad_cam_most"] = 0
    page.open(changed(explained, change, os.path.join(folder, "empty.html")))
    assert "empty, no place speaks for this class" in page.find(".evidence section").text


def check_pages(page, alexnet, folder):
    report = train(alexnet, folder)
    page.open(report)
    check_head(page, alexnet)
    check_layers(page)
    page.shots("report")
    page.check_console()
    check_newest(page, report, folder)
    check_curves(page, report, folder)
    page.open(with_classes(report, NAMES, os.path.join(folder, "names.html")))
    check_headers(page)
    page.shots("names")
    page.open(with_classes(report, numbered(10), os.path.join(folder, "ten.html")))
    check_table(page)
    page.shots("ten")
    page.check_console()
    page.open(with_classes(report, numbered(120), os.path.join(folder, "many.html")))
    check_picture(page)
    check_colors(page)
    page.shots("many")
    page.check_console()
    check_explanations(page, alexnet, folder)
    check_live(page, alexnet, folder)


def main(alexnet, shots=None):
    with tempfile.TemporaryDirectory() as folder:
        driver = browser.open_browser()
        try:
            page = ReportPage(driver, shots)
            page.set_scheme("light")
            check_pages(page, os.path.abspath(alexnet), folder)
            print(f"passed in Chromium {driver.capabilities['browserVersion']}")
            return 0
        finally:
            driver.quit()


sys.exit(main(*sys.argv[1:]))
