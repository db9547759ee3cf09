"""Sales: what was sold, what the coming days will bring, and which customers it comes from."""

from .forecast import FORECAST
from .model import (
    STORE,
    TIME,
    Aggregation,
    Chart,
    Dashboard,
    Dimension,
    Filter,
    Format,
    Granularity,
    Measure,
    Ratio,
    Visual,
    Width,
)
from .orders import ORDERS
from .segments import SEGMENTS, WINDOW_DAYS
from .weeks import WEEKS

_REVENUE = Measure("Revenue", "revenue", format=Format.MONEY)
_CUSTOMERS = Measure("Customers", "customers")
_STORE = Dimension("Store", STORE)
_SEGMENT = Dimension("Segment", "segment")
_CHANGE = Ratio("Change", "change", "week_before")

SALES = Dashboard(
    name="sales",
    title="Sales",
    purpose="What each store sells, what the coming days will bring, and which customers it comes from.",
    when_empty="No orders yet: `rapid send orders --count 10` sends some, `rapid demo` some weeks of them. A store has "
    "a forecast after 14 full days.",
    # The first one's data set gives the stores to choose among: FORECAST has one more, which is none.
    visuals=(
        Visual("revenue", "How much was sold?", Chart.KPI, ORDERS, (_REVENUE,), width=Width.QUARTER),
        Visual(
            "average-order-line",
            "How much does an order line bring?",
            Chart.KPI,
            ORDERS,
            (Measure("Average order line", "revenue", Aggregation.AVERAGE, Format.MONEY),),
            width=Width.QUARTER,
        ),
        Visual(
            "last-week",
            "How much was sold on the last seven full days?",
            Chart.KPI,
            WEEKS,
            (Measure("Last seven full days", "last_week", format=Format.MONEY),),
            width=Width.QUARTER,
        ),
        Visual(
            "change",
            "How much more than on the seven days before?",
            Chart.KPI,
            WEEKS,
            (_CHANGE,),
            width=Width.QUARTER,
        ),
        Visual(
            "forecast",
            "What will the coming 14 days bring? (four of five days end between lower and upper)",
            Chart.LINE,
            FORECAST,
            (
                _REVENUE,
                Measure("Forecast", "forecast", format=Format.MONEY),
                Measure("Lower", "lower", format=Format.MONEY),
                Measure("Upper", "upper", format=Format.MONEY),
            ),
            Dimension("Day", TIME, Granularity.DAY),
            width=Width.FULL,
            all_dates=True,
        ),
        Visual("stores", "Which stores bring the most revenue?", Chart.BAR, ORDERS, (_REVENUE,), _STORE),
        Visual(
            "stores-by-week",
            "How do the last seven full days of each store compare with the seven before?",
            Chart.TABLE,
            WEEKS,
            (
                Measure("Last seven full days", "last_week", format=Format.MONEY),
                Measure("Seven days before", "week_before", format=Format.MONEY),
                _CHANGE,
            ),
            _STORE,
        ),
        Visual(
            "segments",
            f"Who are the customers of the last {WINDOW_DAYS} days? (who orders at two stores counts at each)",
            Chart.BAR,
            SEGMENTS,
            (_CUSTOMERS,),
            _SEGMENT,
        ),
        Visual(
            "segments-by-revenue",
            f"What did each kind of customer bring in the last {WINDOW_DAYS} days?",
            Chart.TABLE,
            SEGMENTS,
            (
                _CUSTOMERS,
                _REVENUE,
                Ratio("Revenue a customer", "revenue", "customers", Format.MONEY),
            ),
            _SEGMENT,
        ),
    ),
    filters=(Filter("Store", STORE),),
)
