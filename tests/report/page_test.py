"""The pages of a run in headless Chromium: page_test.py ALEXNET [FOLDER FOR SCREENSHOTS]

Trains two steps on patterns, and goes through the report with keyboard and pointer: of ten classes, where the
confusion is a table, and of 120, where it is a picture; then through the page that follows a run. Exit
code 77, and a word, where Selenium or Chromium's driver is missing.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from idx_patterns import write_idx  # noqa: E402

DRIVER = "/usr/bin/chromedriver"
DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.S)


def train(alexnet, folder):
    os.mkdir(os.path.join(folder, "data"))
    write_idx(os.path.join(folder, "data"), "train", 120)
    write_idx(os.path.join(folder, "data"), "t10k", 40)
    subprocess.run([alexnet, "train", "data", "--model", "alexnet-2012", "--batch-size", "8", "--max-steps", "2",
                    "--out", "run"], cwd=folder, check=True, capture_output=True)
    return os.path.join(folder, "run", "report.html")


def with_classes(page, classes, path):
    """The same page with a confusion of so many classes: most are right, the others are near; two have no images."""
    draw = random.Random(1)
    with open(page, encoding="utf-8") as file:
        html = file.read()
    data = json.loads(DATA.search(html).group(2))
    counts = {}
    for label in range(classes - 2):
        for _ in range(100):
            right = draw.random() < 0.7
            predicted = label if right else min(max(label + draw.randint(-classes // 4, classes // 4), 0), classes - 1)
            counts[label, predicted] = counts.get((label, predicted), 0) + 1
    data["network"]["classes"] = [f"class {i}" for i in range(classes)]
    data["evaluation"]["confusion"] = [[*pair, number] for pair, number in sorted(counts.items())]
    text = json.dumps(data).replace("<", "\\u003c")
    with open(path, "w", encoding="utf-8") as file:
        file.write(DATA.sub(lambda match: match.group(1) + text + match.group(3), html))
    return path


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--window-size=1100,1000"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


class Page:
    def __init__(self, driver, folder):
        self.driver = driver
        self.folder = folder

    def open(self, path):
        self.driver.get(f"file://{path}")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def says(self):
        return self.find(".says").get_attribute("textContent")

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()
        return self.says()

    def wait(self, condition, what):
        WebDriverWait(self.driver, 30).until(lambda _: condition(), what)

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def shots(self, name):
        overflow = self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} is {overflow} pixels too wide"
        if not self.folder:
            return
        size = self.driver.execute_script(
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})
        for scheme in ["dark", "light"]:
            self.scheme(scheme)
            self.driver.save_screenshot(os.path.join(self.folder, f"{name}-{scheme}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def check_console(self):
        complaints = [entry["message"] for entry in self.driver.get_log("browser")]
        assert not complaints, complaints


def check_table(page):
    """One stop for Tab; the arrow keys reach every cell from there, empty ones too."""
    stops = page.driver.find_elements(By.CSS_SELECTOR, ".confusion button[tabindex='0']")
    assert len(stops) == 1
    page.driver.execute_script("arguments[0].focus()", stops[0])
    assert page.says().startswith("class 0: "), page.says()
    assert page.press(Keys.ARROW_LEFT, Keys.ARROW_UP).startswith("class 0: ")
    assert page.press(Keys.ARROW_RIGHT).startswith("class 0 taken for class 1: ")
    assert page.press(Keys.ARROW_DOWN).startswith("class 1: ")
    assert page.press(Keys.END).startswith("class 1 taken for class 9: 0 of 100")
    assert page.press(Keys.HOME).startswith("class 1 taken for class 0: ")
    for _ in range(12):
        page.press(Keys.ARROW_DOWN)
    assert page.says().startswith("class 9 taken for class 0: "), page.says()
    assert len(page.driver.find_elements(By.CSS_SELECTOR, ".confusion button[tabindex='0']")) == 1


def mark_at(page):
    """[row, column] of the ring."""
    return page.driver.execute_script(
        "const mark = document.querySelector('.mark'); return mark.hidden ? null :"
        "[mark.style.top, mark.style.left].map((at) => Math.floor(parseFloat(at) * 1.2));")


def check_picture(page):
    """The keys walk the cells that are there; ring and pointer go with them."""
    canvas = page.find("canvas.matrix")
    assert canvas.accessible_name.startswith("Confusion matrix. Up and down: the class."), canvas.accessible_name
    assert mark_at(page) is None
    page.driver.execute_script("arguments[0].scrollIntoView(); arguments[0].focus()", canvas)
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
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    webdriver.ActionChains(page.driver).move_to_element_with_offset(canvas, 0, 0).perform()
    assert page.says().startswith(("class 59", "class 60", "class 61")), page.says()
    before = page.says()
    webdriver.ActionChains(page.driver).click(canvas).perform()
    assert page.press(Keys.ARROW_RIGHT) != before


def check_colors(page):
    """What is drawn is drawn again in the other scheme's colours."""
    picture = "return document.querySelector('canvas.matrix').toDataURL()"
    light = page.driver.execute_script(picture)
    page.scheme("dark")
    page.wait(lambda: page.driver.execute_script(picture) != light, "the picture keeps the light colours")
    page.scheme("light")
    page.wait(lambda: page.driver.execute_script(picture) == light, "the picture keeps the dark colours")


UNCHANGED = "return window.unchanged === true"


def loads_again(page):
    page.driver.execute_script("window.unchanged = true")
    page.wait(lambda: not page.driver.execute_script(UNCHANGED), "the page does not load itself again")


def stays(page):
    page.driver.execute_script("window.unchanged = true")
    time.sleep(2)
    assert page.driver.execute_script(UNCHANGED), "the page loads itself again"


def check_following(page):
    """The page loads itself again, but not while it is read or paused."""
    assert "last figures at " in page.find("main").text
    loads_again(page)
    page.driver.execute_script("document.querySelector('details').open = true")
    stays(page)
    page.driver.execute_script("document.querySelector('details').open = false")
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


def check_pages(page, alexnet, folder):
    report = train(alexnet, folder)
    page.open(report)
    page.shots("report")
    page.check_console()
    page.open(with_classes(report, 10, os.path.join(folder, "ten.html")))
    check_table(page)
    page.shots("ten")
    page.check_console()
    page.open(with_classes(report, 120, os.path.join(folder, "many.html")))
    check_picture(page)
    check_colors(page)
    page.shots("many")
    page.check_console()
    check_live(page, alexnet, folder)


def main(alexnet, shots=None):
    if not os.path.exists(DRIVER):
        print("skipped: chromium-driver is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        driver = open_browser()
        try:
            page = Page(driver, shots)
            page.scheme("light")
            check_pages(page, os.path.abspath(alexnet), folder)
            print(f"passed in Chromium {driver.capabilities['browserVersion']}")
            return 0
        finally:
            driver.quit()


sys.exit(main(*sys.argv[1:]))
