"""Write every dashboard as JSON: `python -m monitoring.grafana`."""

from __future__ import annotations

from monitoring.grafana.boards import JSON_DIR, as_json, dashboards


def main() -> None:
    """Write what there is now, and remove the files of dashboards that are gone."""
    made = {f"{name}.json": as_json(board) for name, board in dashboards().items()}
    for path in JSON_DIR.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (JSON_DIR / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
