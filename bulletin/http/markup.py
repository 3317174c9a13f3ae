"""Where pages are made from: languages, words, templates; the same in a checkout and in a wheel."""

from importlib.resources import files

from jinja2 import Environment, PackageLoader

LANGUAGES = ("ky", "ru", "en")
HERE = files("bulletin.http")
WORDS, TEMPLATES = HERE / "words", HERE / "templates"
MARKUP = Environment(loader=PackageLoader("bulletin.http"), autoescape=True)
