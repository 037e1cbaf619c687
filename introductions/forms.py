"""Forms of introductions: asking, answering, closing the loop."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.conf import settings
from django.db.models import Q

from contacts.models import Closeness
from introductions import notes
from introductions.models import Answer, Consent, ObjectiveState, Seat, SeatState
from introductions.parties import question_context
from introductions.services import answering
from introductions.services.addresses import Typing
from netapp.accounts.models import User


class SeatField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when Django runs
    """A choice of the member's open seats."""

    def label_from_instance(self, obj: Any) -> str:
        """The seat with its objective."""
        return f"{obj.title}: {obj.objective.title}"


class AskForm(forms.Form):
    """The few lines to the friend and the note that is passed on. Gaps and length are checked on sending: a draft may
    be unfinished."""

    seat = SeatField(Seat.objects.none(), required=False, label="For which seat", empty_label="None in particular")
    message = forms.CharField(
        label="To your friend",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Only they read this.",
    )
    note = forms.CharField(
        label="The note they pass on",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="In your voice: why, who you are, one thing you ask. Sent on unedited.",
    )

    def __init__(
        self, *args: Any, member: User, names: Sequence[str], chosen: Seat | None = None, **kwargs: Any
    ) -> None:
        """`names`: first names of the introducers and, last, the target. `chosen`: a seat that stays on offer though it
        may be closed by now."""
        super().__init__(*args, **kwargs)
        is_open = Q(state=SeatState.OPEN, objective__state=ObjectiveState.OPEN)
        seats = Seat.objects.filter(is_open | Q(id=chosen.id if chosen else None))
        field = self.fields["seat"]
        assert isinstance(field, SeatField)
        field.queryset = seats.filter(owner=member, objective__deleted_at=None).select_related("objective")
        friend = names[0]
        self.fields["message"].label = f"To {friend}"
        self.fields["message"].help_text = f"Only {friend} reads this."
        self.fields["note"].label = f"The note for {names[-1]}"
        self.links = list(pairwise(names))
        for position, (one, other) in enumerate(self.links):
            self.fields[f"because_{position}"] = forms.CharField(
                label=f"How {one} and {other} know each other",
                required=False,
                max_length=300,
                help_text=f"As far as you know. {one} reads this; leave it empty if you would rather not say.",
            )

    @property
    def reasons(self) -> list[forms.BoundField]:
        """The fields on how each knows the next, in order."""
        return [self[f"because_{position}"] for position in range(len(self.links))]

    @property
    def because(self) -> list[str]:
        """What was written in them."""
        return [self.cleaned_data[f"because_{position}"] for position in range(len(self.links))]

    def clean_note(self) -> str:
        """Too long is said at once, while the words are fresh."""
        note: str = self.cleaned_data["note"]
        count = notes.word_count(note)
        if count > notes.MAX_WORDS:
            raise forms.ValidationError(f"{count} words; {notes.MAX_WORDS} are the most that get read.")
        return note


_NOT_WELL: Final = {"not_well_slight": Closeness.SLIGHT, "not_well_none": Closeness.NONE}
_STOPS: Final = {"stop_member": False, "stop_site": True}


class AnswerForm(forms.Form):
    """One answer and what may go with it; which fields there are depends on who is asked.

    A button can say more than an answer: how well, or how much to stop (`_NOT_WELL`, `_STOPS`).
    """

    answer = forms.CharField(max_length=20)
    next_email = forms.CharField(
        required=False,
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    added = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    again_date = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    may_correct = forms.BooleanField(required=False)
    word = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    word_is_shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, question: Consent, typing: Typing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = question_context(question, added="")
        asker, following = names["asker_first"], names["following_first"]
        answers = answering.TO_TARGET if question.is_target else answering.TO_INTRODUCER
        self._answers = {str(one) for one in answers if one != Answer.STOP} | set(_STOPS)
        self.fields["word"].label = f"A word back to {asker}"
        self.fields["word"].help_text = "Stays with you unless you tick the box."
        self.fields["word_is_shared"].label = f"{asker} may read it, and so know that it is from me"
        self.fields["again_date"].label = "Ask me again after"
        self.fields["again_date"].help_text = f"If you give a day, {asker} learns that it was you, and from when on."
        if question.is_target or typing is Typing.NEEDLESS:
            del self.fields["next_email"]
        else:
            field = self.fields["next_email"]
            field.label = f"{following}’s e-mail address"
            # Needed for a yes only: `clean` says so.
            field.help_text = (
                f"Needed for a yes. Only Kith uses it, in your name; {asker} sees the address of whom they would like "
                "to meet once both have said yes, and nobody else’s."
                if typing is Typing.NEEDED
                else f"Leave it empty, and Kith writes to the address that {asker} has."
            )
        if question.is_target:
            del self.fields["added"], self.fields["may_correct"]
        else:
            self._answers |= set(_NOT_WELL)
            self.fields["added"].label = f"A line of your own for {following}"
            self.fields["may_correct"].label = f"{asker} may know it, and so that it was me"
        self.needs_email = not question.is_target and typing is Typing.NEEDED

    def clean_answer(self) -> str:
        """One of those that whoever is asked has."""
        answer: str = self.cleaned_data["answer"]
        if answer not in self._answers:
            raise forms.ValidationError("Choose one of the answers.")
        return answer

    def clean(self) -> dict[str, Any]:
        """A yes needs somewhere to write to."""
        data = super().clean() or self.cleaned_data
        if self.needs_email and data.get("answer") == Answer.YES and not data.get("next_email"):
            self.add_error("next_email", "Kith needs an address to ask them, or choose “I’ll pass it on myself”.")
        return data

    @property
    def chosen(self) -> Answer:
        """The answer behind the button."""
        button = self.cleaned_data["answer"]
        if button in _NOT_WELL:
            return Answer.NOT_WELL
        return Answer.STOP if button in _STOPS else Answer(button)

    @property
    def extras(self) -> answering.Extras:
        """What goes with it."""
        data, button = self.cleaned_data, self.cleaned_data["answer"]
        return answering.Extras(
            word=data["word"],
            word_is_shared=data["word_is_shared"],
            added=data.get("added", ""),
            next_email=data.get("next_email", ""),
            again_date=data["again_date"],
            closeness=_NOT_WELL.get(button),
            may_correct=data.get("may_correct", False),
            stops_site=_STOPS.get(button, False),
        )


class AddressForm(forms.Form):
    """Another address for the next one, after the mail to them came back."""

    next_email = forms.CharField(
        label="Another e-mail address",
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={"required": "Type the address, or leave things as they are and close this page."},
    )


class EffortForm(forms.Form):
    """How much a member wants to do in a week."""

    minutes = forms.TypedChoiceField(
        label="Time for it in a week",
        coerce=int,
        choices=[(20, "20 minutes"), (40, "40 minutes"), (60, "an hour"), (120, "two hours"), (240, "four hours")],
    )


class StepForm(forms.Form):
    """Which step of the plan; with `days`, for how long it is put aside."""

    key = forms.RegexField(r"^(ask|revive|knows):[0-9a-f:-]{1,110}$", max_length=120)
    days = forms.IntegerField(required=False, min_value=1, max_value=365)


class OutcomeForm(forms.Form):
    """What came of it."""

    outcome = forms.CharField(
        label="What came of it", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    was_worth_it = forms.TypedChoiceField(
        label="Was it worth it?",
        required=False,
        choices=[("yes", "Yes"), ("no", "Not really")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )


class TellForm(forms.Form):
    """A line to those who helped."""

    line = forms.CharField(label="Your line", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class LimitsForm(forms.Form):
    """How often a member wants to be asked."""

    most_open = forms.IntegerField(
        label="Questions before me at one time",
        min_value=0,
        max_value=5,
        help_text="None at all means that Kith asks you nothing.",
    )
    most_lately = forms.IntegerField(label="Questions in three months", min_value=0, max_value=30)

    @staticmethod
    def defaults() -> dict[str, int]:
        """What holds for everybody who says nothing."""
        return {
            "most_open": settings.INTRODUCTION_OPEN_ASKS,
            "most_lately": settings.INTRODUCTION_ASKS_LATELY,
        }
