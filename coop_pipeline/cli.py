"""The `coop` command. Each sub-command imports only what it needs: `check` pays neither for Dagster nor for pandas."""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_pipeline.mistakes import UserMistake
from coop_pipeline.settings import Settings, choose_folders, find_typos, load_settings

if TYPE_CHECKING:
    from coop_pipeline.defs.run import Progress, RunOutcome

OK, FAILED, USAGE = 0, 1, 2


class Refused(UserMistake):
    """One of a command's; the exit code goes with it."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coop",
        description="Từ các tệp Excel của huyện đến một tệp DuckDB. (From the districts' workbooks to one DuckDB file.)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str, example: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=f"Ví dụ (example):\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    run = command(
        "run",
        "Nhận tệp, tính toán, kiểm tra, công bố. (Take in, rebuild, audit, publish.)",
        "coop run --raw data/raw --warehouse warehouse",
    )
    for option, about in (
        ("--raw", "thư mục chứa các tệp nhận được (folder of received workbooks)"),
        ("--warehouse", "thư mục kết quả (output folder)"),
    ):
        run.add_argument(option, metavar="DIR", help=about)
    run.add_argument(
        "--hold",
        action="store_true",
        help="tính và kiểm tra nhưng chưa công bố, cho đến khi chạy coop release (publish nothing until coop release)",
    )
    run.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    release = command("release", "Công bố đúng bản đang tạm giữ. (Publish the very file that is held.)", "coop release")
    rollback = command(
        "rollback", "Quay lại bản công bố trước đó hoặc một bản được nêu tên. (Back to the version before, or to a named one.)",
        "coop rollback --to 20261122T1703",
    )  # fmt: skip
    release.add_argument("--version", metavar="NAME", help="chỉ công bố nếu bản đang giữ là bản này (only if this is the version held)")
    rollback.add_argument("--to", metavar="NAME", help="tên bản hoặc phần đầu của tên (the version's name or its beginning)")
    for movement in (release, rollback):
        movement.add_argument("--warehouse", metavar="DIR", help="thư mục kết quả (output folder)")
        movement.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    check = command("check", "Kiểm tra tệp trước khi gửi. (Check workbooks before sending them.)", 'coop check "BC_HTX_LuongSon_2021.xlsx"')
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="thư mục ghi tệp đã đánh dấu; mặc định: thư mục hiện tại (folder for the marked copies; default: the current one)",
    )
    check.add_argument("--no-copy", action="store_true", help="không ghi tệp đã đánh dấu (write no marked copy)")
    check.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    check.add_argument("--notes", action="store_true", help="hiện cả các ghi chú (show notes too)")
    template = command(
        "template", "Ghi biểu mẫu trống cho một đơn vị. (Write the blank workbook that a district fills in.)",
        "coop template --district 152 --period 2022 -o Luong-Son-2022.xlsx",
    )  # fmt: skip
    template.add_argument("--district", required=True, metavar="CODE", help="mã đơn vị báo cáo, ví dụ 152 hoặc 17-NHNN (reporter)")
    template.add_argument("--period", required=True, metavar="PERIOD", help="kỳ báo cáo, ví dụ 2022, 2022-Q4 (period)")
    template.add_argument("-o", "--output", metavar="FILE", help="tệp kết quả (output file)")
    template.add_argument("--force", action="store_true", help="ghi đè tệp đã có (overwrite an existing file)")
    template.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    report = command(
        "report", "Ghi báo cáo của tỉnh cho một kỳ. (Write the province's report on a period.)", "coop report --period 2021 -o bao-cao-2021.docx"
    )  # fmt: skip
    report.add_argument("--period", required=True, metavar="PERIOD", help="kỳ báo cáo, ví dụ 2021, 2021-Q4 (period)")
    report.add_argument(
        "--format",
        choices=("docx", "html", "xlsx"),
        help="dạng tệp; mặc định theo đuôi tệp của -o, không có thì docx (default: as -o ends, else docx)",
    )
    report.add_argument(
        "-o", "--output", metavar="FILE", help="tệp kết quả; mặc định bao-cao-<kỳ>.<dạng> trong thư mục hiện tại (output file)"
    )
    report.add_argument("--warehouse", metavar="DIR", help="thư mục kết quả (output folder)")
    report.add_argument("--force", action="store_true", help="ghi đè tệp đã có (overwrite)")
    report.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    kept = command(
        "received", "Xem và lấy lại tệp đã nhận, kể cả tệp đã bị ghi đè hoặc xóa. (What was received, and a file's bytes back.)",
        'coop received "Lương Sơn"\n  coop received 3f7a09c1 -o ban-goc.xlsx',
    )  # fmt: skip
    kept.add_argument(
        "text", nargs="?", default="", metavar="TEXT",
        help="phần đầu của mã bản nộp (submission_id) hoặc một phần tên tệp (the beginning of the id, or a part of the file's path)",
    )  # fmt: skip
    kept.add_argument("-o", "--output", metavar="FILE", help="ghi nguyên văn tệp đó ra đây (write the file's bytes here)")
    kept.add_argument("--force", action="store_true", help="ghi đè tệp đã có (overwrite)")
    kept.add_argument("--warehouse", metavar="DIR", help="thư mục kết quả (output folder)")
    kept.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    sample = command("sample", "Ghi bộ tệp mẫu (số liệu giả định). (Write the synthetic sample submissions.)", "coop sample data/raw")
    sample.add_argument("folder", nargs="?", default="data/raw", metavar="DIR")
    sample.add_argument("--force", action="store_true", help="ghi đè tệp đã có (overwrite existing files)")
    sample.add_argument("--json", action="store_true", help="in kết quả dạng JSON (print JSON)")
    ui = command("ui", "Mở giao diện Dagster. (The Dagster UI with its daemon, on loopback.)", "coop ui --port 3000")
    ui.add_argument("--port", type=int, default=3000, metavar="N")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script; returns the exit code of contract §1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Vietnamese letters shows question marks
    try:
        return _obey(_parser().parse_args(arguments))
    except (KeyboardInterrupt, RuntimeError) as problem:
        if isinstance(problem, RuntimeError):
            from coop_pipeline.store.warehouse import INTERRUPTED

            if str(problem) != INTERRUPTED:
                raise
        print("\nĐã dừng. (Stopped.)", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED


def _obey(given: argparse.Namespace) -> int:
    for name, meant in find_typos():
        print(
            f"coop {given.command}: không có biến {name}; có phải là {meant}? (There is no such variable: it is passed over.)",
            file=sys.stderr,
        )
    try:
        match given.command:
            case "run":
                return _run(load_settings(given.raw, given.warehouse), given.hold, given.json)
            case "release":
                return _move("release", "release_held", given.version, load_settings(warehouse=given.warehouse), given.json)
            case "rollback":
                return _move("roll_back", "put_back", given.to, load_settings(warehouse=given.warehouse), given.json)
            case "check":
                return _check([Path(name) for name in given.files], given)
            case "template":
                return _template(given)
            case "report":
                return _report(load_settings(None, given.warehouse), given)
            case "received":
                return _received(load_settings(None, given.warehouse), given)
            case "sample":
                return _sample(Path(given.folder), given.force, given.json)
            case _:
                return _ui(given.port)
    except UserMistake as problem:
        print(f"coop {given.command}: {problem}", file=sys.stderr)
        return problem.code if isinstance(problem, Refused) else USAGE


def _run(settings: Settings, hold_back: bool, as_json: bool) -> int:
    if not settings.raw_url and not settings.raw.is_dir():
        raise Refused(f"không thấy thư mục {settings.raw} (there is no such folder)")
    if settings.warehouse.is_relative_to(settings.raw):
        raise Refused("kho dữ liệu không được nằm trong thư mục tệp gốc (the warehouse must not lie in the raw folder)")
    _open_for_writing(settings.warehouse)
    choose_folders(settings)
    from coop_pipeline.defs.run import long_lived_objects

    with long_lived_objects():
        from coop_pipeline.outputs import console
        from coop_pipeline.store.publications import Publications

    config = {"ops": {"published": {"config": {"choice": "hold"}}}} if hold_back else {}
    publications = Publications(settings.target)
    before = publications.standing()
    with console.watch_run(quiet=as_json) as watch:
        outcome = _run_job(settings, "coop", config, watch.on_event, None if hold_back else settings)
    standing = publications.standing()
    entry = publications.find(standing)
    is_new = (
        entry.run == outcome.run_id if entry is not None else standing != before
    )  # another run may have published while this one waited
    if not outcome.success:
        message = (outcome.message or "").strip()
        if as_json:
            print(
                json.dumps(
                    {"published": is_new, "run_id": outcome.run_id, "step": outcome.failed_step, "message": message},
                    ensure_ascii=False,
                )
            )
        elif is_new:
            print(
                f"\nĐã công bố bản {standing}, nhưng việc sau đó không thành: {message} (Published; a later step failed.)", file=sys.stderr
            )
        else:
            kept = " Tệp cũ vẫn giữ nguyên." if settings.target.exists() else ""
            print(f"\nKHÔNG CÔNG BỐ: {message}{kept} (Not published.)", file=sys.stderr)
        return FAILED
    held = publications.held()
    is_same = not is_new if held is None else standing != "" and publications.state_of(held) == publications.state_of(settings.target)
    summary = console.summarise(
        held or settings.target,
        settings.working.with_name("summary.json"),
        outcome,
        published=held is None,
        as_published_since=(entry.at if entry else standing) if is_same else "",
    )
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
    else:
        console.show_summary(summary)
    return OK if held is None or hold_back else FAILED


def _open_for_writing(warehouse: Path) -> None:
    """Tried first: Dagster would stumble over its history there, and speak of nothing else."""
    try:
        warehouse.mkdir(parents=True, exist_ok=True)
        probe = warehouse / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another run may look at the same time
    except OSError as problem:
        raise Refused(f"không ghi được vào {warehouse}: {problem.strerror} (the warehouse folder cannot be written)", FAILED) from problem


def _run_job(
    settings: Settings,
    job: str,
    config: Mapping[str, Any],
    on_event: Callable[[Progress], None] | None = None,
    standing_in: Settings | None = None,
) -> RunOutcome:
    """Runs a job of ours. Where the machine keeps Dagster itself from writing its history, Refused says so in a sentence."""
    from coop_pipeline.defs.run import run_job
    from coop_pipeline.store.publications import Publications

    publications = Publications(settings.target)
    before = publications.standing()
    noise = io.StringIO()  # what Dagster writes to the console about a history that it cannot write
    killed = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager asks it to end as Ctrl-C does
    try:
        with redirect_stderr(noise):
            return run_job(settings.state, job, standing_in=standing_in, run_config=config, on_event=on_event)
    except Exception as problem:
        from coop_pipeline.defs.failures import explain_machine

        if (said := explain_machine(problem)) is None:
            raise
        noise = io.StringIO()
        standing = publications.standing()
        now = f" Đang công bố bản {standing}. (Published by this run.)" if standing != before else ""
        raise Refused(f"{said}{now}", FAILED) from problem
    finally:
        signal.signal(signal.SIGTERM, killed)
        sys.stderr.write(noise.getvalue())


def _move(job: str, step: str, version: str | None, settings: Settings, as_json: bool) -> int:
    """Release or roll back, as a run that stands in the UI's history."""
    if not settings.warehouse.is_dir():
        raise Refused(f"không thấy thư mục {settings.warehouse} (there is no such folder)")
    _open_for_writing(settings.warehouse)
    choose_folders(settings)
    from coop_pipeline.store.publications import Publications

    publications = Publications(settings.target)
    before = publications.standing()
    outcome = _run_job(settings, job, {"ops": {step: {"config": {"version": version or ""}}}})
    held = publications.held()
    done = {
        "done": outcome.success, "run_id": outcome.run_id, "message": outcome.message, "path": str(settings.target),
        "version": publications.standing(), "held": str(held) if held else None, "versions": list(publications.kept()),
    }  # fmt: skip
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
    elif not outcome.success:
        standing = publications.standing()
        left = "Không có gì thay đổi. (Nothing was changed.)" if standing == before else f"Đang công bố bản {standing}. (Now published.)"
        print(f"coop {job.replace('_', '')}: {outcome.message} {left}", file=sys.stderr)
    else:
        print(f"Đang công bố bản (now published): {done['version']}, {settings.target}")
        if held:
            print(f"Đang tạm giữ (held until coop release): {held}")
    return OK if outcome.success else FAILED


def _check(files: Sequence[Path], given: argparse.Namespace) -> int:
    from coop_pipeline.outputs import checking

    settings = load_settings()
    missing = [path for path in files if not _is_file(path)]
    unseen = Refused("; ".join(map(_say_missing, missing)))
    if len(missing) == len(files):
        raise unseen
    found = [path for path in files if path not in missing]
    if sys.stderr.isatty():
        print(f"Đang kiểm tra {found[0] if len(found) == 1 else f'{len(found)} tệp'} … (checking)", file=sys.stderr)
    try:
        results = checking.check_files(found, settings, None if given.no_copy else Path(given.output or "."))
    except OSError as problem:
        where = problem.filename or ", ".join(map(str, found))
        raise Refused(f"{where}: {problem.strerror} (the file system refused)") from problem
    if given.json:
        print(json.dumps([result.as_dict() for result in results], ensure_ascii=False, default=str))
    else:
        checking.show(results, given.notes)
    if missing:
        raise unseen
    return FAILED if any(result.errors for result in results) else OK


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _say_missing(path: Path) -> str:
    try:
        path.stat()
    except FileNotFoundError:
        return f"không thấy tệp {path} (there is no such file)"
    except OSError as problem:
        return f"{path}: {problem.strerror} (the file system refused)"
    if path.is_dir():
        found = next((file for file in path.rglob("*.xls*") if file.is_file()), path / "bao cao.xlsx")
        return f'{path} là thư mục; hãy nêu từng tệp trong đó, ví dụ coop check "{found}" (a folder: name the files in it)'
    return f"{path} không phải là tệp (this is no file)"


def _spare(target: Path, force: bool) -> None:
    """Refuses a place for a command's file where something stands."""
    if target.is_dir():
        raise Refused(f"{target} là thư mục; hãy ghi cả tên tệp (this is a folder: name the file)")
    if target.exists() and not force:
        raise Refused(f"tệp {target} đã có; thêm --force để ghi đè (the file exists; --force overwrites it)")


def _template(given: argparse.Namespace) -> int:
    from coop_pipeline.outputs.template import write_template

    published = load_settings().target
    target = Path(given.output or f"bieu-mau-{given.district}-{given.period}.xlsx")
    if target.suffix.lower() not in ("", ".xlsx"):
        raise Refused(
            f"đuôi tệp {target.suffix}: biểu mẫu là tệp Excel, hãy đặt tên đuôi .xlsx (the template is a workbook: name it .xlsx)"
        )
    _spare(target, given.force)
    try:
        write_template(given.district, given.period, target, published)
    except ValueError as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(f"không ghi được {target}: {problem.strerror} (the file cannot be written)") from problem
    print(json.dumps({"path": str(target)}, ensure_ascii=False) if given.json else f"Đã ghi biểu mẫu: {target}  (template written)")
    if not published.exists():
        print(
            "Chưa có bản công bố nào: biểu mẫu chưa có sẵn tên các HTX. (Nothing is published yet: no co-operatives are prefilled.)",
            file=sys.stderr,
        )
    return OK


def _report(settings: Settings, given: argparse.Namespace) -> int:
    ending = Path(given.output).suffix.lower().removeprefix(".") if given.output else ""
    form = given.format or (ending if ending in ("docx", "html", "xlsx") else "docx")
    if ending and ending != form:
        raise Refused(f"đuôi tệp .{ending} không phải là dạng {form}; chọn docx, html hoặc xlsx (the file's ending and the format differ)")
    from coop_pipeline.outputs.rendering import save
    from coop_pipeline.outputs.report import CannotReport, read_report

    try:
        report = read_report(settings.target, given.period, pictures=form != "xlsx")
        target = Path(given.output or f"bao-cao-{report.period.code}.{form}")
        _spare(target, given.force)
        save(report, target, form, settings.templates)
    except CannotReport as problem:
        raise Refused(str(problem)) from problem
    except OSError as problem:
        raise Refused(f"không ghi được {target}: {problem.strerror} (the file cannot be written)") from problem
    if given.json:
        print(json.dumps({"path": str(target), "period": report.period.code, "notices": list(report.notices)}, ensure_ascii=False))
    else:
        print(f"Đã ghi báo cáo: {target}  (report written)", *report.notices, sep="\n")
    return OK


def _received(settings: Settings, given: argparse.Namespace) -> int:
    from dataclasses import asdict

    from coop_pipeline.forms.wording import as_one_line
    from coop_pipeline.intake import received
    from coop_pipeline.store.publications import show_moment

    found = received.find(settings.received, given.text)
    ids = {entry.submission_id for entry in found}
    if given.output is None:
        if given.json:
            print(json.dumps([asdict(entry) for entry in found], ensure_ascii=False))
        else:
            print(
                *(f"{e.submission_id[:12]}  {show_moment(e.received_at)}  {e.size_bytes:>10}  {as_one_line(e.file)}" for e in found),
                sep="\n",
            )
            print(f"{len(ids)} tệp đã nhận, giữ ở {settings.received} ({len(ids)} files received)", file=sys.stderr)
        return OK
    target = Path(given.output)
    if len(ids) != 1:
        raise Refused(f"“{given.text}” chỉ {len(ids)} tệp; cần đúng một (it must name one file; coop received lists them)")
    _spare(target, given.force)
    [submission] = ids
    try:
        data = received.give_back(settings.received, submission)
    except FileNotFoundError as problem:
        raise Refused(f"bản lưu của {submission[:12]} đã bị xóa khỏi kho (its copy was deleted)", FAILED) from problem
    except ValueError as problem:
        raise Refused(f"bản lưu của {submission[:12]} đã hỏng (its copy is damaged)", FAILED) from problem
    try:
        target.write_bytes(data)
    except OSError as problem:
        raise Refused(f"không ghi được {target}: {problem.strerror} (the file cannot be written)") from problem
    print(json.dumps({"path": str(target), "submission_id": submission}) if given.json else f"Đã ghi {target}, {len(data)} byte  (written)")
    return OK


def _sample(folder: Path, force: bool, as_json: bool) -> int:
    from coop_pipeline.samples import write_samples

    try:
        written = write_samples(folder, force)
    except FileExistsError as problem:
        raise Refused(f"tệp {problem.filename} đã có; thêm --force để ghi đè (the file exists; --force overwrites it)") from problem
    except OSError as problem:
        raise Refused(f"không ghi được vào {folder}: {problem.strerror} (the folder cannot be written)") from problem
    if as_json:
        print(json.dumps([str(path) for path in written], ensure_ascii=False))
    else:
        print(f"Đã ghi {len(written)} tệp mẫu vào {folder} (số liệu giả định).  Wrote {len(written)} synthetic sample submissions.")
    return OK


def _ui(port: int) -> int:
    from coop_pipeline.defs.ui import CannotStart, start_ui

    if not 0 < port < 65536:
        raise Refused(f"cổng {port} không hợp lệ (the port must be 1 to 65535)")
    settings = load_settings()
    choose_folders(settings)
    try:
        return start_ui(settings.state, port)
    except CannotStart as problem:
        raise Refused(str(problem)) from problem


if __name__ == "__main__":
    sys.exit(main())
