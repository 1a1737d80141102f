"""Headless Chromium for tests of pages. Skips the test (exit code 77) where Selenium or Chromium's driver is missing."""
import os
import sys

DRIVER = "/usr/bin/chromedriver"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    skip("python3-selenium is not installed")
if not os.path.exists(DRIVER):
    skip("chromium-driver is not installed")


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--window-size=1100,1000"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


class Page:
    """What a browser shows, with screenshots in `folder` where there is one."""

    def __init__(self, driver, folder=None):
        self.driver = driver
        self.folder = folder

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def wait(self, condition, message):
        WebDriverWait(self.driver, 30).until(lambda _: condition(), message)

    def set_scheme(self, name):
        """The colour scheme that the page is asked for: light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def set_size(self, width, height, mobile=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})

    def check_width(self, name):
        overflow = self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} is {overflow} pixels too wide"

    def screenshot(self, name, schemes=()):
        """The whole page, in each of these colour schemes or in the current one."""
        if not self.folder:
            return
        self.set_size(*self.run(
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]"))
        for scheme in schemes:
            self.set_scheme(scheme)
            self.driver.save_screenshot(os.path.join(self.folder, f"{name}-{scheme}.png"))
        if not schemes:
            self.driver.save_screenshot(os.path.join(self.folder, f"{name}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def check_console(self, expected=()):
        """Nothing in the browser's console but messages with one of these words."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        unexpected = [text for text in messages if not any(word in text for word in expected)]
        assert not unexpected, unexpected
