"""A valid event of each delivery path."""

_ORDER = {"timestamp": "2026-03-14T18:30:00Z", "menuItem": "Soup", "quantity": 1, "price": 2.5}
ORDER = {**_ORDER, "customerId": "c1", "restaurantId": "r1"}
CLICK = {"element_clicked": "entree_1", "time_spent": 3, "source_menu": "soups", "created_at": "2022-09-11 23:00:00"}
