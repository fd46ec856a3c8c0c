"""A rank of Python beside one of Node.js."""
import datetime
import json

import torch
import torch.distributed as dist

dist.init_process_group('gloo', timeout=datetime.timedelta(seconds=30))
rank = dist.get_rank()
total = torch.tensor([rank + 1, 0.5])
dist.all_reduce(total)
received = torch.tensor([float(rank), float(rank)])
dist.broadcast(received, 1)
gathered = [torch.zeros(1), torch.zeros(1)]
dist.all_gather(gathered, torch.tensor([float(rank)]))
group = dist.new_group([0, 1])
in_group = torch.tensor([float(rank)])
dist.all_reduce(in_group, dist.ReduceOp.MAX, group)
dist.barrier()
dist.destroy_process_group()
print(json.dumps([each.tolist() for each in [total, received, *gathered, in_group]]))
