"""The dashboards: each module's `dashboard` is one."""
