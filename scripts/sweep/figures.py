"""OUTPUT/figures: scores against the reached prune ratio, with the spread over seeds and the dense line."""
import statistics

from sweep.report import METRIC_TITLES, column_title, task_columns


def points(results, method, task, metric):
    """[(ratio, mean, lowest, highest)] in percent, by ratio."""
    found = []
    for ratio in results.sweep.methods[method].ratios or (None,):
        values = [100 * value for value in results.values((method, ratio), task, metric)]
        if values:
            found.append((100 * results.reached((method, ratio))[0], statistics.mean(values), min(values), max(values)))
    return sorted(found)


def draw_method(axes, label, found):
    ratios, means, lows, highs = zip(*found)
    errors = ([mean - low for mean, low in zip(means, lows)], [high - mean for mean, high in zip(means, highs)])
    axes.errorbar(ratios, means, yerr=errors, marker="o", markersize=4, capsize=3, linewidth=1.2, label=label)


def draw_reference(axes, label, found):
    _, mean, low, high = found[0]
    axes.axhline(mean, color="black", linestyle="--", linewidth=1, label=label)
    axes.axhspan(low, high, color="black", alpha=0.1, linewidth=0)


def draw(axes, results, task, metric, title):
    """Returns False if there is nothing to draw yet."""
    drawn = False
    for method in results.sweep.methods:
        found = points(results, method, task, metric)
        if found:
            drawn = True
            (draw_reference if method == results.sweep.reference else draw_method)(axes, method, found)
    axes.set(title=title, xlabel="zeros in the encoder, %", ylabel=f"{METRIC_TITLES[metric]}, %")
    if drawn:
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    return drawn


def save(pyplot, file, results, panels):
    size = (5.5 * len(panels), 4)
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=size, layout="constrained", squeeze=False)
    drawn = [draw(axes, results, *panel) for axes, panel in zip(all_axes[0], panels)]
    if any(drawn):
        figure.savefig(file, dpi=120)
    pyplot.close(figure)


def write_figures(results):
    try:
        import matplotlib
    except ImportError:
        print("no figures: matplotlib is missing (scripts/setup.sh --plots installs it into .venv)", flush=True)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    folder = results.sweep.output_dir / "figures"
    folder.mkdir(exist_ok=True)
    for task in results.sweep.tasks:
        columns = [column for column in task_columns(results.sweep) if column[0] == task]
        save(pyplot, folder / f"{task}.png", results, [(*column, column_title(*column)) for column in columns])
    save(pyplot, folder / "pretraining.png", results,
         [("", metric, f"{METRIC_TITLES[metric]} on held-out text") for metric in ("mlm_accuracy", "nsp_accuracy")])
