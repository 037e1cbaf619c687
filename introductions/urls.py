"""Addresses of objectives, routes, introductions and answers."""

from django.urls import path

from introductions.views import answers, asking, introductions, objectives, plans, routes, seats, stand_back

app_name = "introductions"

urlpatterns = [
    path("objectives/", objectives.objectives, name="objectives"),
    path("objectives/add/", objectives.objective_add, name="objective_add"),
    path("stand-back/", stand_back.stand_back, name="stand_back"),
    path("stand-back/map/", stand_back.network_map, name="map"),
    path("objectives/plan/", plans.plan, name="plan"),
    path("objectives/plan/do/", plans.plan_do, name="plan_do"),
    path("objectives/plan/refuse/", plans.plan_refuse, name="plan_refuse"),
    path("objectives/plan/reconsider/", plans.plan_reconsider, name="plan_reconsider"),
    path("objectives/plan/<uuid:reminder_id>/undo/", plans.plan_undo, name="plan_undo"),
    path("objectives/what-if/", plans.what_if, name="what_if"),
    path("objectives/<uuid:objective_id>/", objectives.objective, name="objective"),
    path("objectives/<uuid:objective_id>/edit/", objectives.objective_edit, name="objective_edit"),
    path("objectives/<uuid:objective_id>/review/", objectives.objective_review, name="objective_review"),
    path("objectives/<uuid:objective_id>/close/", objectives.objective_close, name="objective_close"),
    path("objectives/<uuid:objective_id>/reopen/", objectives.objective_reopen, name="objective_reopen"),
    path("objectives/<uuid:objective_id>/delete/", objectives.objective_delete, name="objective_delete"),
    path("objectives/<uuid:objective_id>/restore/", objectives.objective_restore, name="objective_restore"),
    path("objectives/seats/<uuid:seat_id>/state/", seats.seat_state, name="seat_state"),
    path("objectives/seats/<uuid:seat_id>/put/", seats.seat_people_page, name="seat_people"),
    path("objectives/matches/<uuid:match_id>/confirm/", seats.match_confirm, name="match_confirm"),
    path("objectives/matches/<uuid:match_id>/dismiss/", seats.match_dismiss, name="match_dismiss"),
    path("objectives/matches/<uuid:match_id>/reconsider/", seats.match_reconsider, name="match_reconsider"),
    path("objectives/matches/<uuid:match_id>/take-off/", seats.match_take_off, name="match_take_off"),
    path("routes/<uuid:person_id>/", routes.routes, name="routes"),
    path("routes/<uuid:person_id>/refresh/", routes.routes_refresh, name="routes_refresh"),
    path("ask/<uuid:person_id>/", asking.ask, name="ask"),
    path("introductions/", introductions.introductions, name="introductions"),
    path("introductions/favours/", introductions.favours_page, name="favours"),
    path("introductions/limits/", introductions.limits_page, name="limits"),
    path("introductions/asked/<uuid:consent_id>/connect/", answers.connect_asker, name="connect_asker"),
    path("introductions/asked/<uuid:consent_id>/", answers.asked, name="asked"),
    path("introductions/<uuid:introduction_id>/", introductions.introduction, name="introduction"),
    path("introductions/<uuid:introduction_id>/edit/", asking.edit, name="edit"),
    path("introductions/<uuid:introduction_id>/send/", asking.send, name="send"),
    path("introductions/<uuid:introduction_id>/withdraw/", introductions.withdraw, name="withdraw"),
    path("introductions/<uuid:introduction_id>/replied/", introductions.replied, name="replied"),
    path("introductions/<uuid:introduction_id>/connect/", introductions.connect_target, name="connect_target"),
    path("introductions/<uuid:introduction_id>/talked/", introductions.talked, name="talked"),
    path("introductions/<uuid:introduction_id>/close/", introductions.close, name="close"),
    path("introductions/<uuid:introduction_id>/tell/", introductions.tell, name="tell"),
    path("answer/<str:token>/", answers.answer, name="answer"),
]
