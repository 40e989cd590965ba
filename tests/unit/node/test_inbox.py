from support.nodes import Network, RunningNode

def test_x(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    network.settle()
    assert asker.duty(case)[0] == "done", asker.duty(case)
    network.checkpoint()
    assert asked.record(case).log_index is not None
def test_y(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    pass
