"""Several accounts of one machine: commands run as ana, bo, rita, otto or olga, each in a home of their own.

The accounts are in a copy of /etc/passwd and /etc/group that only these commands see, so nothing of
the machine is changed and nothing is left behind. ``ana`` and ``bo`` are in the group ``ml``, ``rita``
in ``auditors``, ``otto`` and ``olga`` in neither; all of them are in ``everybody``.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from running import Done

NEEDS = ("unshare", "setpriv", "mount")
WHY = "needs root and util-linux (unshare, setpriv, mount) to be several accounts"
MEMBERS = {"ml": ("ana", "bo"), "auditors": ("rita",), "empty": (), "everybody": ("ana", "bo", "rita", "otto", "olga")}
UIDS = {"ana": 71001, "bo": 71002, "rita": 71003, "otto": 71004, "olga": 71005}
GIDS = {"ml": 71100, "auditors": 71101, "empty": 71102, "everybody": 71103}


def cannot() -> str | None:
    """Return why this machine cannot be several accounts, None where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not all(map(shutil.which, NEEDS)):
        return WHY
    return None


class People:
    """Runs programs as one of the accounts; ``root`` is a directory that all of them can reach."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.env = {
            "PATH": f"{script.parent}:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        self.root = Path(tempfile.mkdtemp(prefix="modelkeep-people-"))
        self.root.chmod(0o755)
        passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
        (self.home("root") / "work").mkdir(parents=True)
        for name, uid in UIDS.items():
            home = self.home(name)
            (home / "work").mkdir(parents=True)
            for path in (home, home / "work"):
                os.chown(path, uid, uid)
            home.chmod(0o700)
            passwd += f"{name}:x:{uid}:{uid}::{home}:/bin/sh\n"
            group += f"{name}:x:{uid}:\n"
        for name, gid in GIDS.items():
            group += f"{name}:x:{gid}:{','.join(MEMBERS[name])}\n"
        (self.root / "passwd").write_text(passwd)
        (self.root / "group").write_text(group)
        self._prologue = "\n".join([*self._names(), *self._reveal()])

    def home(self, who: str) -> Path:
        return self.root / "home" / who

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def __call__(self, who: str, *words: object, **more: object) -> Done:
        """Run ``modelkeep`` as somebody, to its end."""
        return self.run(who, [self.script, *words], **more)

    def run(self, who, command, *, umask=0o022, cwd=None, env=None, stdin="", before="", timeout=60) -> Done:
        """Run any program as somebody; ``before`` is done as root, where only this program sees its mounts."""
        process = self.start(who, command, umask=umask, cwd=cwd, env=env, before=before)
        out, err = process.communicate(stdin, timeout)
        return Done(out, err, process.returncode)

    def start(self, who, command, *, umask=0o022, cwd=None, env=None, before="") -> subprocess.Popen:
        """Start a program as somebody; the process is the program itself, not a shell around it."""
        become = [] if who == "root" else ["setpriv", f"--reuid={who}", f"--regid={who}", "--init-groups"]
        home = self.home(who)
        line = shlex.join([*become, *map(str, command)])
        script = f"set -e\n{self._prologue}\n{before}\ncd {shlex.quote(str(cwd or home / 'work'))}\numask {umask:o}\nexec {line}"
        return subprocess.Popen(
            ["unshare", "-m", "sh", "-c", script],
            env={**self.env, "HOME": str(home), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def python(self, who: str, code: str, *words: object, **more: object) -> Done:
        """Run Python with the installed modelkeep as somebody."""
        return self.run(who, [self.script.with_name("python"), "-c", code, *words], **more)

    def _names(self):
        for name in ("passwd", "group"):
            yield f"mount --bind {shlex.quote(str(self.root / name))} /etc/{name}"

    def _reveal(self):
        """Let everybody reach Python and the program under their own paths, where a directory above is closed."""
        needed = {str(self.script.parents[1]), sys.base_prefix, *(each for each in sys.path if "-packages" in each)}
        hidden = {each: above for each in sorted(needed) if (above := self._closed(Path(each))) is not None}
        for number, each in enumerate(hidden):
            kept = self.root / "kept" / str(number)
            kept.mkdir(parents=True)
            yield f"mount --bind {shlex.quote(each)} {kept}"
        for above in sorted(set(hidden.values())):
            yield f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(above)}"
        for number, each in enumerate(hidden):
            yield f"mkdir -p {shlex.quote(each)}"
            yield f"mount --bind {self.root / 'kept' / str(number)} {shlex.quote(each)}"

    @staticmethod
    def _closed(path: Path) -> str | None:
        for above in reversed(path.parents):
            if not above.stat().st_mode & 0o001:
                return str(above)
        return None
