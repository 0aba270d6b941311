"""Compares the outputs of two calls bit for bit, ignoring times."""
import json
import re

from campaign.workloads import outputs

# Keys whose numbers are times, in JSON and in the tables of a sweep.
TIMES = re.compile(r"seconds|runtime|per_second")
NOT_COMPARED = re.compile(r"(^|/)(times\.csv|figures/.*|logs/.*|[a-z.]*\.?lock)$")


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if not TIMES.search(key)}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def contents(path):
    data = path.read_bytes()
    try:
        if path.suffix == ".jsonl":
            return [without_times(json.loads(line)) for line in data.splitlines()]
        if path.suffix == ".json":
            value = json.loads(data)
            if path.name == "manifest.json" and isinstance(value.get("files"), dict):
                value["files"].pop("training/state.json", None)  # contains times; it is compared separately
            if path.name == "finished.json":
                value.pop("sha256", None)  # depends on times too
            return without_times(value)
    except ValueError as error:
        return f"no JSON: {error}"
    return data


def compared(folder):
    return {str(path) for path in outputs(folder) if not NOT_COMPARED.search(str(path))}


def differences(whole, other):
    """A message for each file that is missing, left over or different."""
    expected, found = compared(whole), compared(other)
    faults = [f"{path} is missing" for path in sorted(expected - found)]
    faults += [f"{path} is left over" for path in sorted(found - expected)]
    return faults + [f"{path} differs" for path in sorted(expected & found) if contents(whole / path) != contents(other / path)]


def is_temporary(path):
    return any(part.startswith(".") and not part.endswith("lock") for part in path.parts)
