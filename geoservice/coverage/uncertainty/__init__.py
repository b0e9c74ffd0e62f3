"""How sure a coverage figure is, in three answers that change no run.

- Draws: the same question with other speeds and other ways onto the network; who is covered in all, some, none of them.
- Methods: network, area and straight line side by side; where the method decides, not the facility.
- Walkers: the same facilities for people who walk at several speeds.
"""
