import uuid

import pytest

from bonuses.models import BonusTemplate, Grant, TermsRevision
from bonuses.services.change_template import change_template
from bonuses.services.issue import TemplateNotFound
from bonuses.services.remove_template import remove_template
from bonuses.tests.factories import GrantFactory, TemplateFactory

# Template and revision point at each other, which the database looks at when a transaction really ends.
pytestmark = pytest.mark.django_db(transaction=True)


def test_never_granted_goes_with_its_revisions() -> None:
    template = TemplateFactory()
    change_template(template_id=template.pk, changes={"max_win_cap": 5}, by="olga")
    other = TemplateFactory()
    remove_template(template_id=template.pk, by="olga")
    assert BonusTemplate.objects.get() == other
    assert TermsRevision.objects.get() == other.revision


@pytest.mark.parametrize("status", ["active", "failed", "cancelled"])
def test_granted_is_archived(status: str) -> None:
    grant = GrantFactory(status=status)
    remove_template(template_id=grant.template_id, by="olga")
    assert BonusTemplate.objects.get().status == "archived"
    assert Grant.objects.get().revision == TermsRevision.objects.get()


def test_unknown_template() -> None:
    with pytest.raises(TemplateNotFound):
        remove_template(template_id=uuid.uuid4(), by="olga")
