"""The floor of a command's time: a program of one Typer command, which prints a word."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "world") -> None:
    """Greet somebody."""
    print(f"hello {name}")


if __name__ == "__main__":
    app()
