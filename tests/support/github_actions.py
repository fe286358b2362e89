"""Runs workflows and composite actions of GitHub as its runner does, as far as the pages of docs/ use them.

A job's steps run in order in one directory: ``run`` in bash with the variables of ``env``, ``uses: ./…`` as a composite
action of that directory, every other ``uses`` not at all. Expressions know names with dots, ``==``, ``!=`` and ``||``.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


@dataclass
class Runner:
    """A machine: a checkout, a directory for temporary files, an environment. ``ran`` lists the names of what ran."""

    checkout: Path
    temporary: Path
    env: dict[str, str]
    log: str = ""
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.temporary.mkdir(exist_ok=True)
        self.summary.touch()
        self.env |= {"RUNNER_TEMP": str(self.temporary), "GITHUB_STEP_SUMMARY": str(self.summary)}

    @property
    def summary(self) -> Path:
        return self.temporary / "summary.md"

    def job(self, job: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        """Run a job; return the exit code of the last step that ran, and the outputs of the job."""
        before = dict(self.env)
        self.env |= _values(job.get("env"), context)
        code, steps = self._steps(job["steps"], context)
        self.env = before
        return code, _values(job.get("outputs"), {**context, "steps": steps})

    def action(
        self, action: Mapping[str, Any], given: Mapping[str, Any], context: Mapping[str, Any]
    ) -> tuple[int, dict[str, str]]:
        """Run a composite action with inputs; return the exit code and its outputs."""
        inputs = {name: str(each.get("default", "")) for name, each in action["inputs"].items()} | _values(
            given, context
        )
        assert set(inputs) == set(action["inputs"])
        own = {"inputs": inputs, "github": context["github"]}
        code, steps = self._steps(action["runs"]["steps"], own)
        outputs = {name: each["value"] for name, each in action["outputs"].items()}
        return code, _values(outputs, {**own, "steps": steps})

    def _steps(self, steps: list[dict[str, Any]], context: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        done: dict[str, Any] = {}
        code = 0
        for step in steps:
            known = {**context, "steps": done}
            if not evaluate(str(step.get("if", "'yes'")), known):
                continue
            self.ran.append(step.get("name") or step.get("run") or step["uses"])
            outputs: dict[str, str] = {}
            if "run" in step:
                code, outputs = self._run(step["run"], _values(step.get("env"), known))
            elif step["uses"].startswith("./"):
                action = yaml.safe_load((self.checkout / step["uses"] / "action.yml").read_text())
                code, outputs = self.action(action, step.get("with", {}), known)
            done[step.get("id", "")] = {"outputs": outputs}
            if code:
                break
        return code, done

    def _run(self, script: str, env: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        assert "${{" not in script, "an expression in a script is how what others wrote becomes a command"
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "script")}
        for file in files.values():
            file.write_text("")
        files["script"].write_text(script)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", files["script"]],
            cwd=self.checkout,
            env={**self.env, **env, **{name: str(file) for name, file in files.items() if name != "script"}},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.log += done.stdout
        self.env |= _assignments(files["GITHUB_ENV"].read_text())
        for line in files["GITHUB_PATH"].read_text().splitlines():
            self.env["PATH"] = f"{line}:{self.env['PATH']}"
        return done.returncode, _assignments(files["GITHUB_OUTPUT"].read_text())


def evaluate(text: str, context: Mapping[str, Any]) -> str:
    """Return the value of an expression as text; what is not known is empty."""
    if "||" in text:
        return next((value for each in text.split("||") if (value := evaluate(each, context))), "")
    if found := re.fullmatch(r"(.*?)([=!]=)(.*)", text):
        same = evaluate(found[1], context) == evaluate(found[3], context)
        return "true" if same == (found[2] == "==") else ""
    text = text.strip()
    if text.startswith("'"):
        return text[1:-1]
    value: Any = context
    for name in text.split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    assert isinstance(value, str), text
    return value


def _values(values: Mapping[str, Any] | None, context: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a mapping with their expressions evaluated."""
    return {
        name: _EXPRESSION.sub(lambda found: evaluate(found[1], context), _text(value))
        for name, value in (values or {}).items()
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _assignments(text: str) -> dict[str, str]:
    """Return the names and values of a file of outputs: ``name=value`` a line, or ``name<<END``, lines, ``END``."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        name, sign, value = re.fullmatch(r"(?:([^=<]+)(=|<<)(.*))?", line).groups()
        if sign == "<<":
            body = []
            while (each := next(lines)) != value:
                body.append(each)
            value = "\n".join(body)
        if name:
            found[name] = value
    return found
