"""The page that compares pictures in headless Chromium: compare_page_test.py ALEXNET TRUNK GREY PICTURE [FOLDER FOR SCREENSHOTS]

TRUNK is a network on torchvision's convolutions, GREY another one.
"""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import browser  # noqa: E402
from served import served  # noqa: E402

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402


class ComparePage(browser.Page):
    def at(self, name):
        return self.driver.find_element(By.ID, name)

    def choose(self, reference, image):
        self.at("reference-file").send_keys(reference)
        self.at("image-file").send_keys(image)

    def wait_for_answer(self, text):
        self.wait(lambda: self.at("result").is_displayed() and text in self.at("answer").text,
                  f"no answer {text}; {self.at('status').text}{self.at('problem').text}")

    def loaded(self, name):
        return self.run("const image = document.getElementById(arguments[0]);"
                        "return image.complete && image.naturalWidth > 0", name)

    def save_picture(self, path, width, height, script):
        """What `script` draws."""
        data = self.run(f"""
            const canvas = document.createElement("canvas");
            canvas.width = {width};
            canvas.height = {height};
            const draw = canvas.getContext("2d");
            {script};
            return canvas.toDataURL("image/png");""")
        with open(path, "wb") as file:
            file.write(base64.b64decode(data.split(",")[1]))
        return path


def check_comparison(page, one, other):
    page.choose(one, other)
    page.wait_for_answer("LPIPS 0.")
    assert page.at("answer").text != "LPIPS 0.0000"
    for picture in ["reference", "image", "heat", "scale-colours"]:
        page.wait(lambda name=picture: page.loaded(name), f"{picture} is not shown")
    assert len(page.find_all("#layers tr")) == 5
    assert float(page.at("maximum").text) > 0
    page.screenshot("compare", ["light", "dark"])
    page.choose(other, other)
    page.wait_for_answer("LPIPS 0.0000")


def check_slider(page):
    def clip():
        return page.run("return getComputedStyle(document.getElementById('image')).clipPath")
    assert "50%" in clip(), clip()
    page.at("share").send_keys(Keys.END)
    page.wait(lambda: "100%" in clip(), "the slider moves nothing")


def check_refusal(page, one, small):
    page.choose(one, small)
    page.wait(lambda: "cannot be compared" in page.at("problem").text, "no word of other sizes")
    assert not page.at("result").is_displayed()


def check_phone(page, one, other):
    page.set_size(360, 800, mobile=True)
    page.choose(one, other)
    page.wait_for_answer("LPIPS 0.")
    page.check_width("the page at 360 pixels")
    page.screenshot("compare-phone")


def main(alexnet, trunk, grey, picture, folder=None):
    driver = browser.open_browser()
    try:
        page = ComparePage(driver, folder)
        work = folder or os.path.dirname(os.path.abspath(picture))
        with served(alexnet, f"grey={grey}", f"trunk={trunk}") as (address, _):
            driver.get(address)
            page.wait(lambda: page.at("compare").is_displayed(), "no way to the page")
            page.find("#compare a").click()
            page.wait(lambda: "LPIPS" in page.at("about").text, "the page is not ready")
            one = page.save_picture(os.path.join(work, "one.png"), 200, 150, """
                const slope = draw.createLinearGradient(0, 0, 200, 150);
                slope.addColorStop(0, "#124"); slope.addColorStop(1, "#fc8");
                draw.fillStyle = slope; draw.fillRect(0, 0, 200, 150)""")
            other = page.save_picture(os.path.join(work, "other.png"), 200, 150, """
                const slope = draw.createLinearGradient(0, 0, 200, 150);
                slope.addColorStop(0, "#124"); slope.addColorStop(1, "#fc8");
                draw.fillStyle = slope; draw.fillRect(0, 0, 200, 150);
                draw.fillStyle = "#333"; for (let i = 0; i < 6; ++i) draw.fillRect(120 + 10 * i, 60, 4, 50)""")
            small = page.save_picture(os.path.join(work, "small.png"), 64, 64, "")
            check_comparison(page, one, other)
            check_slider(page)
            check_refusal(page, one, small)
            check_phone(page, one, other)
            page.check_console(expected=["400"])
        with served(alexnet, grey) as (address, _):
            driver.get(f"{address}compare")
            page.wait(lambda: "no such model" in page.at("problem").text, "no word of a missing model")
        print(f"passed in Chromium {driver.capabilities['browserVersion']}")
        return 0
    finally:
        driver.quit()


sys.exit(main(*sys.argv[1:]))
