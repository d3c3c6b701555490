from math import exp, tanh

import torch

from worldmodel.model.recurrence import GRU


def test_unrolling_is_stepping_again_and_again():
    torch.manual_seed(0)
    gru, inputs, state = GRU(5, 7), torch.randn(3, 11, 5), torch.randn(3, 7)
    states = gru.unroll(inputs, state)
    assert states.shape == (3, 11, 7)
    for t in range(11):
        state = gru.step(inputs[:, t], state)
        assert torch.allclose(states[:, t], state, atol=1e-6)


def test_gradients_of_both_agree():
    torch.manual_seed(0)
    gru, inputs, start = GRU(4, 6), torch.randn(2, 5, 4), torch.randn(2, 6)
    gru.unroll(inputs, start)[:, -1].square().sum().backward()
    unrolled = [parameter.grad.clone() for parameter in gru.parameters()]
    gru.zero_grad()
    state = start
    for t in range(5):
        state = gru.step(inputs[:, t], state)
    state.square().sum().backward()
    for expected, parameter in zip(unrolled, gru.parameters(), strict=True):
        assert torch.allclose(expected, parameter.grad, atol=1e-5)


def test_a_step_by_hand_on_two_units():
    """Cho et al. (2014), with the reset gate after the product, as cuDNN has it."""

    def sigmoid(x):
        return 1 / (1 + exp(-x))

    gru = GRU(1, 2)
    w = torch.tensor([0.1, -0.2, 0.3, 0.4, -0.5, 0.6])
    u = torch.tensor([[0.5, -0.1], [0.2, 0.3], [-0.4, 0.7], [0.6, 0.1], [0.9, -0.3], [-0.2, 0.8]])
    b_input, b_state = torch.tensor([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]), torch.tensor([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    with torch.no_grad():
        gru.cell.weight_ih_l0.copy_(w[:, None])
        gru.cell.weight_hh_l0.copy_(u)
        gru.cell.bias_ih_l0.copy_(b_input)
        gru.cell.bias_hh_l0.copy_(b_state)
    x, h, expected = 1.5, [0.25, -0.75], []
    for i in range(2):
        from_input = [float(w[i + 2 * gate]) * x + float(b_input[i + 2 * gate]) for gate in range(3)]
        rows = [u[i + 2 * gate].tolist() for gate in range(3)]
        from_state = [r[0] * h[0] + r[1] * h[1] + float(b_state[i + 2 * g]) for g, r in enumerate(rows)]
        reset, update = (sigmoid(from_input[gate] + from_state[gate]) for gate in range(2))
        candidate = tanh(from_input[2] + reset * from_state[2])
        expected.append((1 - update) * candidate + update * h[i])
    state = gru.step(torch.tensor([[x]]), torch.tensor([h]))
    assert torch.allclose(state, torch.tensor([expected]), atol=1e-6)


def test_it_remembers():
    torch.manual_seed(0)
    gru, inputs = GRU(3, 8), torch.randn(1, 6, 3)
    other = inputs.clone()
    other[:, 0] += 1
    start = torch.zeros(1, 8)
    assert (gru.unroll(inputs, start)[:, -1] - gru.unroll(other, start)[:, -1]).abs().max() > 1e-4
    other = inputs.clone()
    other[:, 3] += 1
    assert torch.equal(gru.unroll(inputs, start)[:, :3], gru.unroll(other, start)[:, :3])
