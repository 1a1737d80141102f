"""The page in headless Chromium: page_test.py ALEXNET WEIGHTS PICTURE [FOLDER FOR SCREENSHOTS]

Drops a file, pastes one, chooses one, clicks a drawing where there is one, sends what is no picture, goes
through the page with the keyboard, and reads what it says. Exit code 77, and a word, where Selenium
or Chromium's driver is missing.
"""
import os
import subprocess
import sys
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)

DRIVER = "/usr/bin/chromedriver"


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

    def at(self, name):
        return self.driver.find_element(By.ID, name)

    def wait(self, condition, what):
        WebDriverWait(self.driver, 30).until(lambda _: condition(), what)

    def wait_for_answer(self, name):
        self.wait(lambda: self.at("status").get_attribute("textContent").startswith(f"{name}: ") and
                  self.at("result").is_displayed(), f"no answer for {name}; {self.at('status').text}"
                  f"{self.at('problem').text}")
        rows = self.driver.find_elements(By.CSS_SELECTOR, "#classes tr")
        assert rows and "%" in rows[0].text, "the answer has no classes"
        assert self.at("answer").text.split(",")[0] in rows[0].text
        assert "ms" in self.at("time").text
        return self.at("answer").text

    def shot(self, name):
        if self.folder:
            size = self.driver.execute_script(
                "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False})
            self.driver.save_screenshot(os.path.join(self.folder, f"{name}.png"))
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def drop(self, path):
        box = self.at("drop").rect
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for kind in ["dragEnter", "dragOver", "drop"]:
            self.driver.execute_cdp_cmd("Input.dispatchDragEvent", {
                "type": kind, "x": x, "y": y,
                "data": {"items": [], "files": [path], "dragOperationsMask": 1}})

    def paste(self):
        self.driver.execute_async_script("""
            const done = arguments[0];
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 90;
            canvas.getContext("2d").fillRect(10, 10, 30, 60);
            canvas.toBlob((blob) => {
              const data = new DataTransfer();
              data.items.add(new File([blob], "pasted.png", { type: "image/png" }));
              document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
              done();
            });""")

    def has_heat(self):
        return self.driver.execute_script(
            "const heat = document.getElementById('heat');"
            "return heat.checkVisibility() && heat.complete && heat.naturalWidth > 0")


def check_pictures(page, picture):
    name = os.path.basename(picture)
    page.drop(picture)
    dropped = page.wait_for_answer(name)
    page.wait(page.has_heat, "no heat map")
    page.shot("desktop")
    page.at("file").send_keys(picture)
    assert page.wait_for_answer(name) == dropped
    page.paste()
    page.wait_for_answer("pasted.png")
    page.at("explain").click()
    page.drop(picture)
    assert page.wait_for_answer(name) == dropped
    assert not page.has_heat()
    page.at("explain").click()


def check_drawings(page):
    drawings = page.driver.find_elements(By.CSS_SELECTOR, "#drawings button")
    for button in drawings:
        button.click()
        print(f"drawing of {button.text}: {page.wait_for_answer('drawing of ' + button.text)}")
    if drawings:
        page.shot("drawing")


def check_failure(page, folder):
    path = os.path.join(folder or "/tmp", "no-picture.png")
    with open(path, "w") as file:
        file.write("not a picture")
    page.drop(path)
    page.wait(lambda: "neither a JPEG nor a PNG" in page.at("problem").text, "no word of a problem")
    assert not page.at("result").is_displayed()
    page.shot("problem")
    os.remove(path)


def check_late_answer(page, picture):
    """An answer that is still being read when another picture is sent shows no more."""
    page.driver.execute_script("""
        const json = Response.prototype.json;
        let first = true;
        Response.prototype.json = function () {
          const pause = first ? 1000 : 0;
          first = false;
          return json.call(this).then((value) => new Promise((done) => setTimeout(() => done(value), pause)));
        };""")
    page.paste()
    time.sleep(0.5)
    page.drop(picture)
    page.wait_for_answer(os.path.basename(picture))
    time.sleep(1)
    page.wait_for_answer(os.path.basename(picture))
    assert page.at("picture-name").text == os.path.basename(picture)


def check_unreachable(page):
    """A server that is gone before the page knows its models."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*v1/models"]})
    page.driver.refresh()
    page.wait(lambda: "cannot be reached" in page.at("problem").text, "no word of a lost server")
    assert page.at("about").text == ""
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def check_keyboard(page):
    """Everything can be reached with Tab, and says what it is."""
    page.driver.refresh()
    page.wait(lambda: "classes" in page.at("about").text, "the models are not described")
    names = []
    for _ in range(30):
        webdriver.ActionChains(page.driver).send_keys(Keys.TAB).perform()
        focused = page.driver.switch_to.active_element
        if focused.tag_name == "body":
            break
        names.append(focused.accessible_name)
    assert all(names), names
    for wanted in ["Show where it looks", "Choose a file", "Take a photograph"]:
        assert wanted in names, names


def check_sizes(page, picture):
    name = os.path.basename(picture)
    for shot, width, scheme in [("phone", 360, "light"), ("phone-dark", 360, "dark"), ("dark", 1100, "dark")]:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
        page.drop(picture)
        page.wait_for_answer(name)
        page.wait(page.has_heat, "no heat map")
        overflow = page.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"at {width} pixels the page is {overflow} too wide"
        page.shot(shot)


def main(alexnet, weights, picture, folder=None):
    if not os.path.exists(DRIVER):
        print("skipped: chromium-driver is not installed")
        return 77
    server = subprocess.Popen([alexnet, "serve", weights, "--port", "0", "--quiet"],
                              stdout=subprocess.PIPE, text=True)
    driver = None
    try:
        address = server.stdout.readline().strip()
        driver = open_browser()
        driver.get(address)
        page = Page(driver, folder)
        page.wait(lambda: "classes" in page.at("about").text, "the models are not described")
        page.shot("start")
        check_pictures(page, os.path.abspath(picture))
        check_drawings(page)
        check_failure(page, folder)
        check_late_answer(page, os.path.abspath(picture))
        check_unreachable(page)
        check_keyboard(page)
        check_sizes(page, os.path.abspath(picture))
        complaints = [entry["message"] for entry in driver.get_log("browser")
                      if "415" not in entry["message"] and "BLOCKED" not in entry["message"]]
        assert not complaints, complaints
        server.terminate()
        server.wait()
        page.drop(os.path.abspath(picture))
        page.wait(lambda: "cannot be reached" in page.at("problem").text, "no word of a lost server")
        print(f"passed in Chromium {driver.capabilities['browserVersion']}")
        return 0
    finally:
        if driver:
            driver.quit()
        server.terminate()
        server.wait()


sys.exit(main(*sys.argv[1:]))
