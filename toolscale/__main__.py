"""`python -m toolscale` is the command `toolscale`."""

from toolscale.cli import main

if __name__ == "__main__":
    main()
