"""Importing these registers them."""

from django.contrib import admin

from bonuses.admin import delivery, drift, grant, player, stop, template

__all__ = ["delivery", "drift", "grant", "player", "stop", "template"]

admin.site.site_header = "bonusdesk"
admin.site.site_title = "bonusdesk"
admin.site.index_title = "Back office"
admin.site.site_url = None
