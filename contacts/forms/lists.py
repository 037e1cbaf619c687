"""Search, filters and what can be done to many."""

from typing import Any
from urllib.parse import urlencode

from django import forms

from contacts.forms.fields import CADENCES, IdsField
from contacts.models import Layer, Reach, Relation
from contacts.queries.people import HAS, QUIET, SORTS, Wanted
from contacts.services.together import Action, Edit
from contacts.words import one_line


class PeopleForm(forms.Form):
    """Search, filters and order of the list. What makes no sense is passed over: a link may be old."""

    q = forms.CharField(max_length=200, required=False)
    relation = forms.ChoiceField(choices=[("", "Everybody"), *Relation.choices], required=False)
    tag = forms.CharField(max_length=60, required=False)
    layer = forms.TypedChoiceField(
        label="How close", choices=[("", "Any"), *Layer.choices], coerce=int, empty_value=None, required=False
    )
    place = forms.CharField(max_length=200, required=False)
    organisation = forms.CharField(max_length=300, required=False)
    quiet = forms.ChoiceField(label="No contact for", choices=[("", "Any time"), *QUIET.items()], required=False)
    reach = forms.TypedChoiceField(choices=[("", "Any"), *Reach.choices], coerce=int, empty_value=None, required=False)
    tie = forms.CharField(max_length=60, required=False)
    has = forms.ChoiceField(choices=[("", "Either way"), *HAS.items()], required=False)
    through = forms.UUIDField(required=False, widget=forms.HiddenInput)
    due = forms.BooleanField(required=False)
    archived = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=[("", "Best match"), *SORTS.items()], required=False)

    def wanted(self) -> Wanted:
        """What was asked for; call it whether the form is valid or not."""
        self.is_valid()
        got = self.cleaned_data
        return Wanted(
            q=got.get("q", ""),
            relation=got.get("relation", ""),
            tag=got.get("tag", ""),
            layer=got.get("layer"),
            place=got.get("place", ""),
            organisation=got.get("organisation", ""),
            quiet=got.get("quiet", ""),
            reach=got.get("reach"),
            tie=got.get("tie", ""),
            has=got.get("has", ""),
            through=got.get("through"),
            is_due=got.get("due", False),
            is_archived=got.get("archived", False),
            sort=got.get("sort", ""),
        )

    def asked(self) -> str:
        """What was asked for as what stands behind the ?: in one order, without what says nothing or makes no sense."""
        self.is_valid()
        given = {name: self.data.get(name, "") for name in sorted(self.fields) if name in self.cleaned_data}
        return urlencode({name: value for name, value in given.items() if value})


class TogetherForm(forms.Form):
    """What to do with everybody ticked, or with everybody who matches."""

    action = forms.ChoiceField(choices=[(action.value, action.value) for action in Action])
    tag = forms.CharField(max_length=60, required=False)
    tie = forms.CharField(max_length=60, required=False)
    reach = forms.TypedChoiceField(choices=[("", "–"), *Reach.choices], coerce=int, empty_value=None, required=False)
    cadence = forms.TypedChoiceField(
        choices=[("", "No reminder"), *CADENCES.items()], coerce=int, empty_value=None, required=False
    )
    people = IdsField(required=False)
    everybody = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """A tag needs its word, a reach its choice, and somebody must be meant."""
        cleaned = super().clean() or {}
        action = cleaned.get("action")
        if action in (Action.TAG, Action.UNTAG) and not one_line(cleaned.get("tag") or "").strip("# "):
            self.add_error("tag", "Write the tag first.")
        if action in (Action.TIE, Action.UNTIE) and not one_line(cleaned.get("tie") or "").strip("# "):
            self.add_error("tie", "Write how you know them first: friend, colleague …")
        if action == Action.REACH and cleaned.get("reach") is None:
            self.add_error("reach", "Choose how far first.")
        if not cleaned.get("people") and not cleaned.get("everybody"):
            raise forms.ValidationError("Tick somebody first.")
        return cleaned

    def edit(self) -> Edit:
        """What a valid form asks for."""
        action = Action(self.cleaned_data["action"])
        values = {
            Action.TAG: self.cleaned_data["tag"],
            Action.UNTAG: self.cleaned_data["tag"],
            Action.TIE: self.cleaned_data["tie"],
            Action.UNTIE: self.cleaned_data["tie"],
            Action.REACH: self.cleaned_data["reach"],
            Action.CADENCE: self.cleaned_data["cadence"],
        }
        return Edit(action, values.get(action))

    @property
    def said(self) -> str:
        """The first thing that is wrong, as a sentence."""
        return next(str(error) for errors in self.errors.values() for error in errors)


class KeepForm(forms.Form):
    """A name for a list that is kept."""

    name = forms.CharField(
        label="Name of the list",
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "Publishers in Porto", "autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        """Something that can be read."""
        if not (name := one_line(self.cleaned_data["name"])):
            raise forms.ValidationError("A list needs a name.")
        return name
