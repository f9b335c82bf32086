"""Importing these registers them."""

from django.contrib import admin

from bonuses.admin import adapter, delivery, drift, grant, grant_jobs, player, stop, template

__all__ = ["adapter", "delivery", "drift", "grant", "grant_jobs", "player", "stop", "template"]

admin.site.site_header = "bonusdesk"
admin.site.site_title = "bonusdesk"
admin.site.index_title = "Back office"
admin.site.site_url = None
