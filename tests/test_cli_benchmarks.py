from pathlib import Path

from worldmodel.cli.benchmarks import benchmark_report, benchmark_run, benchmark_step
from worldmodel.cli.commands import parse


def test_each_command_has_its_function_and_defaults():
    run = parse(["benchmark", "run", "suite.yaml", "--games", "A", "B", "--jobs", "2", "--seeds", "7"])
    assert (
        run.run_command is benchmark_run
        and run.games == ["A", "B"]
        and run.jobs == 2
        and run.seeds == 7
        and not run.full
    )
    assert run.results == Path("benchmarks/results") and run.suite == Path("suite.yaml")
    assert parse(["benchmark", "report", "suite.yaml"]).run_command is benchmark_report
    step = parse(["benchmark", "step", "--trainer.seed", "3"])
    assert step.run_command is benchmark_step and step.settings == ["--trainer.seed", "3"]
