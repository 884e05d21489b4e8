"""plots -- what the table says, to look at: SVG files."""
import textwrap

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

COLOUR = {"kindred": "#0b6e4f", "fcfs": "#c8553d", "any": "#8d99ae", "greedy": "#f2a541"}


def axes(mixes, title, x, y):
    figure, each = plt.subplots(1, len(mixes), figsize=(4.2 * len(mixes), 3.8), squeeze=False, constrained_layout=True)
    figure.suptitle(title)
    for ax, mix in zip(each[0], mixes.values()):
        ax.set_title("\n".join([mix.name, *textwrap.wrap(mix.what, 46)]), fontsize=9)
        ax.set_xlabel(x)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    each[0][0].set_ylabel(y)
    return figure, each[0]


def save(figure, ax, path):
    ax.legend(fontsize=8, frameon=False)
    figure.savefig(path)
    plt.close(figure)


def quality_against_wait(mixes, order, names, work):
    """Mean P of the talks that began after each wait."""
    figure, each = axes(mixes, "How good a talk is, against how long it was waited for", "wait, seconds", "P, % (median; middle half shaded)")
    edges = np.array([0, 5, 15, 30, 60, 120, 300, 600, 1200, 1800])
    for ax, mix in zip(each, mixes.values()):
        for name in order:
            f, middle, low, high, at = mix.of[name], [], [], [], []
            for a, b in zip(edges, edges[1:]):
                p = f.p[(f.wait >= a * 1000) & (f.wait < b * 1000)] / 655.36
                if len(p) >= 5:
                    at.append((a + b) / 2)
                    for q, into in ((0.25, low), (0.5, middle), (0.75, high)):
                        into.append(np.quantile(p, q))
            ax.plot(at, middle, "o-", color=COLOUR[name], label=names[name], ms=4)
            if name in ("kindred", "fcfs"):
                ax.fill_between(at, low, high, color=COLOUR[name], alpha=0.12)
        ax.axvline(120, color="grey", lw=0.8, ls=":")
        ax.set_xscale("log")
        ax.set_xlim(2, 1800)
        ax.set_xticks([3, 10, 30, 120, 600, 1800], ["3", "10", "30", "120", "600", "1800"], minor=False)
        ax.minorticks_off()
        ax.set_ylim(0, 100)
    save(figure, each[0], work / "quality_against_wait.svg")


def wait_by_rarity(mixes, order, names, work):
    figure, each = axes(mixes, "How long people wait, by the rarest thing they need", "the rarest need: 1 in …", "wait, seconds (p90; dashed: median)")
    bits = np.arange(0, 9)
    for ax, mix in zip(each, mixes.values()):
        for name in order:
            f = mix.of[name]
            for q, style in ((0.9, "-"), (0.5, "--")):
                points = [(b, np.quantile(f.wait[sel], q) / 1000) for b in bits
                          if (sel := (f.need >= b * 256) & (f.need < (b + 1) * 256)).sum() >= 5]
                ax.plot(*zip(*points), style, marker="o", ms=3, color=COLOUR[name], label=names[name] if q == 0.9 else None)
        ax.set_xticks(bits, [str(2**b) for b in bits])
        ax.set_yscale("log")
        ax.set_ylim(1, 2000)
    save(figure, each[0], work / "wait_by_rarity.svg")


def load_per_peer(mixes, order, names, work):
    figure, each = axes(mixes, "Talks per peer: how even the load is", "share of peers, the least busy first", "talks per hour and slot")
    for ax, mix in zip(each, mixes.values()):
        for name in order:
            load = np.sort(mix.of[name].load)
            ax.plot(np.arange(1, len(load) + 1) / len(load), load, color=COLOUR[name],
                    label=f"{names[name]} (Gini {mix.of[name].gini:.2f})")
        ax.legend(fontsize=7, frameon=False)
        ax.set_ylim(bottom=0)
    save(figure, each[0], work / "load_per_peer.svg")


def draw(mixes, order, names, work):
    for plot in (quality_against_wait, wait_by_rarity, load_per_peer):
        plot(mixes, order, names, work)
    print(f"\nPlots: {work}/quality_against_wait.svg, wait_by_rarity.svg, load_per_peer.svg")
