"""The page in headless Chromium: page_test.py ALEXNET WEIGHTS PICTURE [FOLDER FOR SCREENSHOTS]

Drops a file, pastes one, chooses one, clicks a drawing where there is one, sends a file that is no
image, switches models, asks for all classes, gives the token, goes through the page with the keyboard,
and reads what it says.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import browser  # noqa: E402
from served import served  # noqa: E402

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.select import Select  # noqa: E402


class ServedPage(browser.Page):
    def at(self, name):
        return self.driver.find_element(By.ID, name)

    def wait_for_answer(self, name):
        self.wait(lambda: self.at("status").get_attribute("textContent").startswith(f"{name}: ") and
                  self.at("result").is_displayed(), f"no answer for {name}; {self.at('status').text}"
                  f"{self.at('problem').text}")
        rows = self.find_all("#classes tr")
        assert rows and "%" in rows[0].text, "the answer has no classes"
        assert self.at("answer").text.split(",")[0] in rows[0].text
        assert "ms" in self.at("time").text
        return self.at("answer").text

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
        return self.run(
            "const heat = document.getElementById('heat');"
            "return heat.checkVisibility() && heat.complete && heat.naturalWidth > 0")


def check_pictures(page, picture):
    name = os.path.basename(picture)
    page.drop(picture)
    dropped = page.wait_for_answer(name)
    page.wait(page.has_heat, "no heat map")
    page.screenshot("desktop")
    page.at("file").send_keys(picture)
    assert page.wait_for_answer(name) == dropped
    page.paste()
    page.wait_for_answer("pasted.png")
    page.drop(picture)
    assert page.wait_for_answer(name) == dropped
    page.wait(page.has_heat, "no heat map")
    assert page.at("heat-caption").text.startswith("Where first looks for "), page.at("heat-caption").text
    assert page.run("return document.getElementById('scale-colours').naturalWidth > 0"), "the map has no scale"


def check_settings(page):
    """What is changed holds for the answer that is shown."""
    page.at("explain").click()
    assert not page.at("heat-figure").is_displayed(), "the heat map stays"
    page.at("explain").click()
    page.wait(page.has_heat, "the heat map does not come back")
    Select(page.at("model")).select_by_visible_text("second")
    page.wait(lambda: page.at("answered-by").text == "second", "the old model's answer stays")
    assert "second looks" in page.at("heat-caption").text
    Select(page.at("model")).select_by_visible_text("first")
    page.wait(lambda: page.at("answered-by").text == "first", "the old model's answer stays")
    assert len(page.find_all("#classes tr")) == 5
    assert page.at("all").text == "All 7 classes"
    page.at("all").click()
    page.wait(lambda: len(page.find_all("#classes tr")) == 7, "not all classes")
    assert page.driver.switch_to.active_element == page.at("all")
    page.at("all").click()
    page.wait(lambda: len(page.find_all("#classes tr")) == 5, "still all classes")


def check_empty_map(page, picture):
    """A map without heat is not shown as if it were one."""
    page.run("""
        const json = Response.prototype.json;
        Response.prototype.json = async function () {
          const answer = await json.call(this);
          if (answer.predictions) answer.predictions[0].explanation.maximum = 0;
          return answer;
        };""")
    page.drop(picture)
    page.wait_for_answer(os.path.basename(picture))
    assert "is empty: no place speaks for" in page.at("heat-caption").text
    assert not page.has_heat() and not page.at("scale").is_displayed()
    page.driver.refresh()
    page.wait(lambda: "classes" in page.at("about").text, "the models are not described")


def check_camera(page):
    """Photographs are offered where a file input opens a camera, which a desktop's does not."""
    assert not page.at("photograph").is_displayed()
    script = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": "Object.defineProperty(HTMLInputElement.prototype, 'capture', { value: '' });"})
    page.driver.refresh()
    page.wait(lambda: page.at("photograph").is_displayed(), "no word of photographs")
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    page.driver.refresh()
    page.wait(lambda: "classes" in page.at("about").text, "the models are not described")


def check_token(page, picture):
    """It is asked for, and what was asked before is answered then."""
    page.wait(lambda: page.at("token-form").is_displayed(), "no word of a token")
    assert "Whoever runs it" in page.at("token-why").text
    assert not page.at("problem").is_displayed()
    page.screenshot("token")
    page.drop(picture)
    page.wait(lambda: page.at("status").text == "", "the page waits for an answer")
    page.at("token").send_keys("wrong" + Keys.ENTER)
    page.wait(lambda: "not this server's token" in page.at("token-why").text, "no word of a wrong token")
    assert page.at("token-form").is_displayed()
    page.at("token").clear()
    page.at("token").send_keys("secret" + Keys.ENTER)
    page.wait_for_answer(os.path.basename(picture))
    assert not page.at("token-form").is_displayed()


def check_drawings(page):
    drawings = page.find_all("#drawings button")
    assert drawings, "none for the class daisy"
    for button in drawings:
        button.click()
        print(f"drawing of {button.text}: {page.wait_for_answer('drawing of ' + button.text)}")
    page.screenshot("drawing")


def check_failure(page):
    path = os.path.join(page.folder or "/tmp", "no-picture.png")
    with open(path, "w") as file:
        file.write("not a picture")
    page.drop(path)
    page.wait(lambda: "none of JPEG, PNG" in page.at("problem").text, "no word of a problem")
    assert not page.at("result").is_displayed()
    page.screenshot("problem")
    os.remove(path)


def check_late_answer(page, picture):
    """An answer that is still being read when another picture is sent shows no more."""
    page.run("""
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
        page.press(Keys.TAB)
        focused = page.driver.switch_to.active_element
        if focused.tag_name == "body":
            break
        names.append(focused.accessible_name)
    assert all(names), names
    for wanted in ["Model", "Show where it looks", "Choose a file"]:
        assert wanted in names, names


def check_sizes(page, picture):
    name = os.path.basename(picture)
    for shot, width, scheme in [("phone", 360, "light"), ("phone-dark", 360, "dark"), ("dark", 1100, "dark")]:
        page.set_scheme(scheme)
        page.set_size(width, 800, mobile=width < 500)
        page.drop(picture)
        page.wait_for_answer(name)
        page.wait(page.has_heat, "no heat map")
        page.check_width(f"the page at {width} pixels")
        is_above = page.at("result").rect["y"] < page.at("examples").rect["y"]
        assert is_above == (width < 500), "answer and examples are in the wrong order"
        page.screenshot(shot)


def check_page(page, alexnet, weights, picture):
    with served(alexnet, f"first={weights}", f"second={weights}") as (address, server):
        page.driver.get(address)
        page.wait(lambda: "classes" in page.at("about").text, "the models are not described")
        page.screenshot("start")
        check_pictures(page, picture)
        check_settings(page)
        check_empty_map(page, picture)
        check_drawings(page)
        check_failure(page)
        check_late_answer(page, picture)
        check_unreachable(page)
        check_camera(page)
        check_keyboard(page)
        check_sizes(page, picture)
        page.check_console(expected=["415", "BLOCKED"])
        server.terminate()
        server.wait()
        page.drop(picture)
        page.wait(lambda: "cannot be reached" in page.at("problem").text, "no word of a lost server")


def main(alexnet, weights, picture, folder=None):
    driver = browser.open_browser()
    try:
        page = ServedPage(driver, folder)
        picture = os.path.abspath(picture)
        check_page(page, alexnet, weights, picture)
        with served(alexnet, weights, token="secret") as (address, _):
            driver.get(address)
            check_token(page, picture)
        print(f"passed in Chromium {driver.capabilities['browserVersion']}")
        return 0
    finally:
        driver.quit()


sys.exit(main(*sys.argv[1:]))
