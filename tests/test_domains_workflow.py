"""The workflow for pull requests with domains: whom it trusts, and its steps on a scratch repository."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import toolscale
from tests.conftest import LIBRARY
from tests.test_domain_loading import replace

ROOT = Path(toolscale.__file__).resolve().parent.parent
WORKFLOW = ROOT / ".github/workflows/domains.yml"
CHANGED_DOMAINS = ROOT / ".ci/changed-domains"


def workflow() -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return content


def steps() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = workflow()["jobs"]["check"]["steps"]
    return listed


class Scratch:
    """A repository with one domain on its base branch, and a pull request that changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        (self.folder / ".ci").mkdir(parents=True)
        shutil.copy(CHANGED_DOMAINS, self.folder / ".ci")
        (self.folder / "domains").mkdir()
        (self.folder / "domains/README.md").write_text("Domains.\n")
        self.domain("library")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()
        self.git("checkout", "--quiet", "-b", "proposed")

    def git(self, *words: str) -> str:
        return self.run("git", *words).stdout.strip()

    def run(self, *words: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temporary),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        return subprocess.run(
            words, cwd=self.folder, env={**own, **environment}, capture_output=True, text=True, check=check
        )

    def domain(self, name: str) -> Path:
        folder = Path(shutil.copytree(LIBRARY, self.folder / "domains" / name))
        replace(folder / "domain.yaml", "name: library", f"name: {name}")
        return folder

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")
        return self.git("rev-parse", "HEAD")

    def changed(self) -> subprocess.CompletedProcess[str]:
        return self.run(str(CHANGED_DOMAINS), "main", self.commit(), check=False)

    def pull_request(self) -> subprocess.CompletedProcess[str]:
        """Merge what is proposed, check the merge out as GitHub does, and run the workflow's own steps until one fails."""
        self.commit()
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", "proposed")
        merge = self.git("rev-parse", "HEAD")
        for step in (step for step in steps() if step.get("id") in ("base", "changed", "check")):
            script = self.temporary / "step"
            script.write_text(step["run"])
            done = self.run(
                *("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)),
                check=False,
                GITHUB_SHA=merge,
                RUNNER_TEMP=str(self.temporary),
                PATH=f"{self.installed()}:{os.environ['PATH']}",
                **step.get("env", {}),
            )
            if done.returncode:
                break
        return done

    def installed(self) -> Path:
        """A folder with the command `toolscale`, as pip would make it."""
        command = self.temporary / "bin" / "toolscale"
        command.parent.mkdir(exist_ok=True)
        lines = (f"#!{sys.executable} -P", "import sys", f"sys.path.insert(0, {str(ROOT)!r})")
        body = ("from toolscale.cli import main", "if __name__ == '__main__':", "    main()")
        command.write_text("\n".join((*lines, *body)) + "\n")
        command.chmod(0o755)
        return command.parent


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


# whom the workflow trusts


def test_the_workflow_runs_without_rights_and_secrets() -> None:
    content = workflow()
    assert set(content[True]) == {"pull_request"}  # YAML 1.1 reads `on` as true
    assert content["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in content["jobs"].values())
    for word in ("pull_request_target", "workflow_run", "secrets.", "github.token", "GITHUB_TOKEN"):
        assert word not in WORKFLOW.read_text()


def test_no_step_puts_words_of_the_pull_request_into_a_script() -> None:
    assert all("${{" not in step.get("run", "") for step in steps())


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in used)


def test_the_tool_is_installed_from_the_base_branch_before_a_folder_is_taken_from_the_pull_request() -> None:
    order = [step.get("id") or step["uses"].partition("@")[0] for step in steps()]
    assert order == [
        "actions/checkout", "base", "actions/setup-python", "install", "changed", "check", "actions/upload-artifact",
    ]  # fmt: skip
    assert steps()[0]["with"]["persist-credentials"] is False


# .ci/changed-domains


def test_changed_and_new_folders_are_printed_in_order(scratch: Scratch) -> None:
    scratch.domain("zoo_2")
    (scratch.folder / "domains/library/policy.yaml").open("a").write("# changed\n")
    (scratch.folder / "domains/README.md").write_text("Other words.\n")
    done = scratch.changed()
    assert (done.returncode, done.stdout) == (0, "./domains/library\n./domains/zoo_2\n")


def test_what_is_staged_is_compared_without_a_second_commit(scratch: Scratch) -> None:
    scratch.domain("zoo")
    scratch.git("add", "domains/zoo")
    assert scratch.run(str(CHANGED_DOMAINS), "HEAD").stdout == "./domains/zoo\n"


def test_changes_of_the_base_branch_are_not_the_pull_requests(scratch: Scratch) -> None:
    scratch.git("checkout", "--quiet", "main")
    scratch.domain("elsewhere")
    scratch.commit()
    scratch.git("checkout", "--quiet", "proposed")
    scratch.domain("zoo")
    assert scratch.changed().stdout == "./domains/zoo\n"


def test_a_folder_that_is_gone_is_named_and_not_judged(scratch: Scratch) -> None:
    shutil.move(scratch.folder / "domains/library", scratch.folder / "domains/library_2")
    done = scratch.changed()
    assert done.stdout == "./domains/library_2\n"
    assert "domains/library is gone" in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "$(touch pwned)",
        "a;touch pwned",
        "Bank",
        "a b",
        "--help",
        "bank\n",
        "a\nb",
        "..x",
        "\x1b[2J",
        "::error::x",
        "bänk",
    ],
)
def test_a_folder_with_a_malicious_name_is_refused(scratch: Scratch, name: str) -> None:
    shutil.copytree(LIBRARY, scratch.folder / "domains" / name)
    done = scratch.changed()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("changed-domains: ")
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stderr
    assert not list(scratch.folder.rglob("pwned"))


@pytest.mark.parametrize("place", ["domains/library/policy.yaml", "domains/zoo", "domains/library/records"])
def test_a_link_is_refused(scratch: Scratch, place: str) -> None:
    path = scratch.folder / place
    path.unlink(missing_ok=True)
    path.symlink_to("/etc")
    done = scratch.changed()
    assert (done.returncode, done.stdout) == (2, "")
    assert "a link or a submodule" in done.stderr


def test_a_commit_that_is_not_there_is_no_empty_change(scratch: Scratch) -> None:
    done = scratch.run(str(CHANGED_DOMAINS), "main", "0" * 40, check=False)
    assert (done.returncode, done.stdout) == (2, "")


# the workflow's steps


def test_the_steps_judge_a_pull_request_and_annotate_its_lines(scratch: Scratch) -> None:
    replace(scratch.domain("zoo") / "intents.yaml", "WHERE renewals < 2", "WHERE renewals < 0")
    done = scratch.pull_request()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "failed zoo" in done.stdout
    assert "library" not in done.stdout
    assert "::error file=domains/zoo/intents.yaml,line=" in done.stderr
    assert 'name="zoo"' in (scratch.temporary / "domains.xml").read_text()


def test_the_steps_pass_a_sound_domain(scratch: Scratch) -> None:
    scratch.domain("zoo")
    done = scratch.pull_request()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok zoo: ")


def test_the_steps_have_nothing_to_judge_where_no_folder_has_changed(scratch: Scratch) -> None:
    (scratch.folder / "domains/README.md").write_text("Other words.\n")
    done = scratch.pull_request()
    assert (done.returncode, done.stdout) == (0, "No domain folder has changed.\n")


def test_no_code_of_a_pull_request_runs(scratch: Scratch) -> None:
    """Neither its script, nor a module that shadows one of Python's, nor the tool that it brings along."""
    for place in (
        ".ci/changed-domains",
        "toolscale/__init__.py",
        "multiprocessing/__init__.py",
        "json.py",
        "sitecustomize.py",
    ):
        path = scratch.folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/usr/bin/env python3\nopen('pwned', 'w')\n")
    for name in ("zoo", "aquarium"):
        shutil.copy(scratch.folder / "json.py", scratch.domain(name) / "json.py")
    done = scratch.pull_request()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok aquarium" in done.stdout
    assert not list(scratch.folder.rglob("pwned"))


def test_the_steps_refuse_a_malicious_name_and_judge_nothing(scratch: Scratch) -> None:
    shutil.copytree(LIBRARY, scratch.folder / "domains" / "$(touch pwned)")
    done = scratch.pull_request()
    assert (done.returncode, done.stdout) == (2, "")
    assert not (scratch.temporary / "domains.xml").exists()
    assert not list(scratch.temporary.parent.rglob("pwned"))


# docs/ci.md


def written(number: int) -> Any:
    """Return the YAML block of that number in docs/ci.md."""
    return yaml.safe_load(re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/ci.md").read_text(), re.DOTALL)[number])


def test_the_lines_for_gitlab_judge_a_merge_request(scratch: Scratch) -> None:
    replace(scratch.domain("zoo") / "intents.yaml", "WHERE renewals < 2", "WHERE renewals < 0")
    environment: dict[str, Any] = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": scratch.git("rev-parse", "main"),
        "CI_COMMIT_SHA": scratch.commit(),
        "PATH": f"{scratch.installed()}:{os.environ['PATH']}",
    }
    *lines, last = (line for line in written(0)["domains"]["script"] if "pip install" not in line)
    for line in lines:
        scratch.run("bash", "-c", line, **environment)
    done = scratch.run("bash", "-c", last, check=False, **environment)
    assert done.returncode not in (0, 127), done.stderr
    assert "failed zoo" in done.stdout
    assert 'name="zoo"' in (scratch.folder / "domains.xml").read_text()


@pytest.mark.parametrize(("name", "code"), [("zoo", 0), ("Zoo", 2)])
def test_the_hook_before_a_commit_judges_what_is_staged(scratch: Scratch, name: str, code: int) -> None:
    scratch.domain(name)
    scratch.git("add", "domains")
    (hook,) = written(1)["repos"][0]["hooks"]
    done = scratch.run(*shlex.split(hook["entry"]), check=False, PATH=f"{scratch.installed()}:{os.environ['PATH']}")
    assert done.returncode == code
    assert ("ok zoo" in done.stdout) == (code == 0)
