"""The database holds that nobody reaches the target but through every introducer's yes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("introductions", "0003_chains_of_one"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='introduction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['introducer_asked', 'target_asked']), _negated=True), models.Q(('position__lt', models.F('introducer_count')), ('state', 'introducer_asked')), models.Q(('position', models.F('introducer_count')), ('state', 'target_asked')), _connector='OR'), name='introduction_is_where_its_state_says'),
        ),
    ]
