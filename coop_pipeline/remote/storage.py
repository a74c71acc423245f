"""A folder of a shared storage, by URL: `s3://bucket/prefix`, or `file:///mnt/share/coop`. Everything goes through fsspec.

Nobody ever sees half an object under its name: object stores put whole ones, and in a file system a draft is renamed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coop_pipeline.remote import RemoteTrouble

# An object store that is not there is noticed within seconds; a run may then be repeated.
_S3 = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 3}}, "use_listings_cache": False}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object below the folder: `mark` changes when its content does; `modified` in seconds since 1970."""

    size: int
    mark: str
    modified: float


class Storage:
    """Keys are relative to the URL. Every method raises RemoteTrouble with one line where the storage fails."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._is_local = url.startswith("file:")
        try:
            import fsspec

            options: dict[str, Any] = {"auto_mkdir": True} if self._is_local else _S3 if url.startswith("s3:") else {}
            self._files, self._root = fsspec.core.url_to_fs(self.url, **options)
        except ImportError as problem:
            raise RemoteTrouble(
                f"Để dùng {self.url} cần cài thêm: pip install 'coop-pipeline[s3]'. (Install the extra that this storage needs: {problem})"
            ) from problem
        except ValueError as problem:
            raise RemoteTrouble(f"Địa chỉ kho {self.url} không dùng được. (No such kind of storage: {problem})") from problem

    def read(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The objects, several at a time where the storage can."""
        if not keys:
            return {}
        with self._explained("đọc", "read"):
            found = self._files.cat([self._path(key) for key in keys], on_error="raise")
            if isinstance(found, bytes):
                return {keys[0]: found}
            return {key: found[self._path(key)] for key in keys}

    def write(self, objects: Mapping[str, bytes]) -> None:
        with self._explained("ghi", "write"):
            if self._is_local:
                for key, data in objects.items():
                    draft = self._draft(key)
                    self._files.pipe_file(draft, data)
                    self._files.mv(draft, self._path(key))
            elif objects:
                self._files.pipe({self._path(key): data for key, data in objects.items()})

    def upload(self, source: Path, key: str) -> None:
        with self._explained("ghi", "write"):
            target = self._draft(key) if self._is_local else self._path(key)
            self._files.put_file(str(source), target)
            if self._is_local:
                self._files.mv(target, self._path(key))

    def download(self, targets: Mapping[str, Path]) -> None:
        """Each object into the file named; its folder has to exist."""
        with self._explained("đọc", "read"):
            if targets:
                self._files.get([self._path(key) for key in targets], [str(path) for path in targets.values()])

    def list(self, folder: str = "") -> dict[str, Stored]:
        """Everything below a folder, at any depth, by key. None that is not there holds nothing."""
        with self._explained("đọc", "list"):
            try:
                found = self._files.find(self._path(folder), detail=True)
            except FileNotFoundError:
                return {}
            return {
                path[len(self._root) :].lstrip("/"): _describe(about)
                for path, about in found.items()
                if about["type"] == "file" and not path.endswith(".part")
            }

    def delete(self, keys: Sequence[str]) -> None:
        with self._explained("xóa", "delete"):
            if keys:
                self._files.rm([self._path(key) for key in keys])

    def clear(self, *folders: str) -> None:
        """Everything below these folders goes, and the drafts that a full disk or a killed process left, too."""
        with self._explained("xóa", "delete"):
            for folder in folders:
                with suppress(FileNotFoundError):
                    self._files.rm(self._path(folder), recursive=True)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}" if key else str(self._root)

    def _draft(self, key: str) -> str:
        return f"{self._path(key)}.{secrets.token_hex(6)}.part"

    @contextmanager
    def _explained(self, vi: str, en: str) -> Iterator[None]:
        try:
            yield
        except Exception as problem:  # each driver has errors of its own, and none of them is ours
            said = f"{type(problem).__name__}: {problem}".strip().partition("\n")[0][:200]
            raise RemoteTrouble(
                f"Không {vi} được kho {self.url}: kiểm tra mạng, địa chỉ và quyền rồi chạy lại. (Cannot {en} the storage; {said})"
            ) from problem


def _describe(about: Mapping[str, Any]) -> Stored:
    modified = about.get("LastModified", about.get("mtime", 0.0))
    seconds = float(modified.timestamp() if hasattr(modified, "timestamp") else modified)
    return Stored(int(about["size"]), str(about.get("ETag") or f"{seconds!r} {about.get('ino', '')}"), seconds)
