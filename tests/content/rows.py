"""What the database holds, for saying that nothing in it moved."""

from django.apps import apps


def all_rows(*, keys=True):
    """Every row of every table of the site. Without `keys`, numbers made by the database are left out."""
    return {
        model.__name__: sorted(
            repr([(name, value) for name, value in row.items() if keys or not _is_made(model, name)])
            for row in model._base_manager.values()
        )
        for app in ("directory", "assessment")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }


def _is_made(model, name):
    """A number that the database counts up, a reference to one, or a time."""
    field = next(each for each in model._meta.concrete_fields if each.attname == name)
    target = field.target_field if field.is_relation else field
    return target.get_internal_type() in ("AutoField", "BigAutoField") or getattr(field, "auto_now", False)
