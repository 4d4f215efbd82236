"""What is known already: answers that were given, and no more questions."""

from __future__ import annotations

import pytest

from qmonsh import connect
from qmonsh.complete.question import question
from qmonsh.errors import UsageError
from qmonsh.monitor.knowledge import LiveKnowledge
from qmonsh.monitor.recalled import Recalled
from tests.monitor.test_knowledge import asked, human
from tests.peer import ScriptedPeer, greet, serve


def test_answers_that_were_given_are_known_and_others_are_not_asked_for() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        known = LiveKnowledge(monitor)
        assert known.hmp_help() and known.drivers()
        before = asked(peer)
        recalled = Recalled(known)
        assert recalled.commands() == known.commands() and recalled.has_hmp()
        assert recalled.hmp_help() == known.hmp_help()
        assert recalled.resolve_driver("virtio-net") == "virtio-net-pci"
        with pytest.raises(UsageError, match="needs the answer to device-list-properties"):
            recalled.device_properties("e1000")
        with pytest.raises(UsageError, match="busy"):
            recalled.ask("query-block")
        assert not recalled.facts.ensure([question("query-block")])
        assert asked(peer) == before


def test_question_in_hmp_is_named_as_it_is_typed() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        with pytest.raises(UsageError, match="the answer to device_add help"):
            Recalled(LiveKnowledge(monitor)).drivers()
        assert asked(peer) == []


def test_what_the_monitor_has_not_is_known_to_be_absent() -> None:
    with ScriptedPeer([*greet(), serve(human)]) as peer, connect(peer.target) as monitor:
        known = LiveKnowledge(monitor)
        assert known.schema() is None
        assert Recalled(known).schema() is None
