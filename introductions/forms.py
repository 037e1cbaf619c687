"""Forms of introductions: asking, answering, closing the loop."""

from typing import Any

from django import forms

from introductions import notes
from introductions.models import Answer, Consent, Seat, SeatState
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

    def __init__(self, *args: Any, member: User, friend: str, target: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seats = Seat.objects.filter(owner=member, state=SeatState.OPEN, objective__deleted_at=None)
        field = self.fields["seat"]
        assert isinstance(field, SeatField)
        field.queryset = seats.select_related("objective")
        self.fields["message"].label = f"To {friend}"
        self.fields["message"].help_text = f"Only {friend} reads this."
        self.fields["note"].label = f"The note for {target}"

    def clean_note(self) -> str:
        """Too long is said at once, while the words are fresh."""
        note: str = self.cleaned_data["note"]
        count = notes.word_count(note)
        if count > notes.MAX_WORDS:
            raise forms.ValidationError(f"{count} words; {notes.MAX_WORDS} are the most that get read.")
        return note


class AnswerForm(forms.Form):
    """One answer and what may go with it; which fields there are depends on who is asked."""

    answer = forms.ChoiceField(choices=Answer.choices)
    target_email = forms.CharField(
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    added = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    word = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    word_is_shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, question: Consent, typing: Typing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        introduction = question.introduction
        asker = notes.first_name(introduction.owner.name or "them")
        target = notes.first_name(introduction.target_name)
        answers = answering.TO_TARGET if question.is_target else answering.TO_INTRODUCER
        choice = self.fields["answer"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one.value, one.label) for one in answers]
        self.fields["word"].label = f"A word back to {asker}"
        self.fields["word"].help_text = "Stays with you unless you tick the box."
        self.fields["word_is_shared"].label = f"{asker} may read it, and so know that it is from me"
        if question.is_target or typing is Typing.NEEDLESS:
            del self.fields["target_email"]
        else:
            field = self.fields["target_email"]
            field.label = f"{target}’s e-mail address"
            # Needed for a yes only: `clean` says so.
            field.required = False
            field.help_text = (
                f"Needed for a yes. Only Kith uses it, in your name; {asker} sees it once {target} has said yes."
                if typing is Typing.NEEDED
                else f"Leave it empty, and Kith writes to the address that {asker} has."
            )
        if question.is_target:
            del self.fields["added"]
        else:
            self.fields["added"].label = f"A line of your own for {target}"
        self.needs_email = not question.is_target and typing is Typing.NEEDED

    def clean(self) -> dict[str, Any]:
        """A yes needs somewhere to write to."""
        data = super().clean() or self.cleaned_data
        if self.needs_email and data.get("answer") == Answer.YES and not data.get("target_email"):
            self.add_error("target_email", "Kith needs an address to ask them, or choose “I’ll pass it on myself”.")
        return data


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
    """A line to the introducer."""

    line = forms.CharField(label="Your line", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
